// Every refusal of the collector in one table: stable code, HTTP status and the sentence that people read.

interface RefusalKind {
  status: number
  message: string
  /** Seconds after which trying again makes sense. A random second is chosen, so that clients do not return together. */
  retryAfterSeconds?: readonly [least: number, most: number]
}

export const refusals = {
  invalid_json: { status: 400, message: 'Expected a JSON body, got something that cannot be read as JSON.' },
  forbidden_key: {
    status: 400,
    message: 'Expected plain JSON, got a key such as "__proto__" that could change how objects behave.',
  },
  invalid_envelope: {
    status: 400,
    message: 'Expected one event with a "type", or { "events": [ … ] }.',
  },
  unsupported_version: {
    status: 400,
    message: 'The batch format is newer than this collector understands. Update the collector.',
  },
  empty_batch: { status: 400, message: 'Expected at least one event, got an empty list.' },
  invalid_query: { status: 400, message: 'The question cannot be read. Check the parameters of its address.' },
  invalid_content: { status: 400, message: 'The content cannot be registered like this.' },
  invalid_share: { status: 400, message: 'The share link cannot be made like this.' },
  invalid_view: { status: 400, message: 'The view or page view cannot be read.' },
  bad_request: { status: 400, message: 'The request cannot be read as HTTP with a JSON body.' },
  token_missing: { status: 401, message: 'Expected a token: send the header "Authorization: Bearer <token>".' },
  token_invalid: { status: 401, message: 'The token is not valid: wrong, expired, revoked or signed by someone else.' },
  token_unexpected: {
    status: 401,
    message:
      'The token cannot be checked, because this collector has neither JWT_SECRET nor JWKS_URL. Set one, or send no token.',
  },
  link_not_valid: {
    status: 401,
    message: 'This share link is not valid. Check that the whole address was copied, or ask for another link.',
  },
  not_allowed: { status: 403, message: 'The token is valid but does not allow this.' },
  origin_not_allowed: {
    status: 403,
    message: 'Pages of this origin may not send events here. Add it to ALLOWED_ORIGINS.',
  },
  unknown_content: { status: 404, message: 'Neither an event nor the catalogue has named this content.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  timeout: { status: 408, message: 'The request took too long to arrive.' },
  body_too_large: { status: 413, message: 'The body is larger than this collector takes. Send smaller batches.' },
  too_many_events: {
    status: 413,
    message: 'The batch holds more events than this collector takes. Send fewer at once.',
  },
  too_many_contents: {
    status: 413,
    message: 'The list holds more contents than this collector takes at once. Send fewer.',
  },
  unsupported_media_type: {
    status: 415,
    message: 'Expected the content type application/json or text/plain.',
  },
  unsupported_encoding: { status: 415, message: 'Expected an uncompressed body, without Content-Encoding.' },
  rate_limited: {
    status: 429,
    message: 'More events came from this network than this collector takes. Nothing was stored; send them again later.',
    retryAfterSeconds: [1, 5],
  },
  too_many_attempts: {
    status: 429,
    message: 'Too many wrong tokens came from this network. Try again later.',
    retryAfterSeconds: [6, 12],
  },
  headers_too_large: { status: 431, message: 'The headers are larger than this collector takes.' },
  internal: { status: 500, message: 'Something went wrong in the collector. It has been logged.' },
  overloaded: {
    status: 503,
    message: 'Too many events are waiting to be stored. Nothing of this batch was stored; send it again.',
    retryAfterSeconds: [1, 5],
  },
  unavailable: {
    status: 503,
    message: 'The database did not confirm in time. Send the batch again; what was stored is not stored twice.',
    retryAfterSeconds: [1, 5],
  },
  keys_unavailable: {
    status: 503,
    message: 'The keys that tokens are checked with cannot be reached. Nothing was stored; send it again.',
    retryAfterSeconds: [1, 5],
  },
  too_many_listeners: {
    status: 503,
    message: 'As many listeners as this collector takes are connected. Try again later.',
    retryAfterSeconds: [5, 15],
  },
  too_many_exports: {
    status: 503,
    message: 'As many exports as this collector makes at once are running. Try again later.',
    retryAfterSeconds: [30, 60],
  },
  starting: {
    status: 503,
    message: 'The collector has not reached its database yet. Nothing was stored; send it again.',
    retryAfterSeconds: [1, 5],
  },
} as const satisfies Record<string, RefusalKind>

export type RefusalCode = keyof typeof refusals

/** A refusal on its way to the client. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** Value of `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    readonly code: RefusalCode,
    detail?: string,
    /** When it is known better than by the table. */
    retryAfterSeconds?: number,
  ) {
    const kind: RefusalKind = refusals[code]
    super(detail ?? kind.message)
    this.status = kind.status
    this.retryAfterSeconds = retryAfterSeconds ?? (kind.retryAfterSeconds && between(...kind.retryAfterSeconds))
  }

  /** The body that is sent: never SQL, stack, path or version. */
  body(): { error: { code: string; message: string } } {
    return { error: { code: this.code, message: this.message } }
  }
}

const fastifyCodes: Record<string, RefusalCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
}

/** What the client is told about an error: refusals as they are, the framework's by status, all others as `internal`. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, statusCode } = Object(error) as { code?: unknown; statusCode?: unknown }
  if (typeof code === 'string' && fastifyCodes[code]) return new Refusal(fastifyCodes[code])
  if (statusCode === 415) return new Refusal('unsupported_media_type')
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return new Refusal('bad_request')
  return new Refusal('internal')
}

function between(least: number, most: number): number {
  return least + Math.floor(Math.random() * (most - least + 1))
}
