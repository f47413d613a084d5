// The one door to the collector: asks its API and turns every refusal into a sentence for the reader.
import type { ContentRef } from '@sightline/sdk/wire'
import type { Period, Selection } from './selection'

/** `signed_out`: the token is not good any more; `unavailable`: try again later; `refused`: trying again will not help. */
export type FailureKind = 'signed_out' | 'unavailable' | 'refused'

/** An answer that is not numbers. `message` is a sentence for the reader. */
export class StatsFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    /** HTTP status; 0 when nothing answered. */
    readonly status = 0,
    /** The collector's own sentence, where `message` is another one. */
    readonly said: string | null = null,
  ) {
    super(message)
  }
}

export interface AskOptions {
  query?: Record<string, string | undefined>
  method?: 'GET' | 'POST' | 'DELETE'
  body?: object
  signal?: AbortSignal
}

export interface Client {
  /** The same door, past the answers that the collector keeps for a while. */
  fresh: Client
  /** Rejects with {@link StatsFailure}, or with an abort of the signal. */
  ask<Answer>(path: string, options?: AskOptions): Promise<Answer>
  /** The response itself, for streams. */
  open(path: string, options?: AskOptions & { headers?: Record<string, string> }): Promise<Response>
}

async function readRefusal(response: Response): Promise<string | null> {
  try {
    const body: unknown = await response.json()
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null
    return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : null
  } catch {
    return null
  }
}

async function failureFrom(response: Response, token: string | null): Promise<StatsFailure> {
  const { status } = response
  const said = await readRefusal(response)
  if (status === 401) {
    const sentence =
      token === null
        ? 'You were signed out. Sign in again.'
        : 'That token was not accepted. Check it and sign in again.'
    return new StatsFailure('signed_out', sentence, status, said)
  }
  if (status === 403)
    return new StatsFailure(
      'refused',
      'This token may not read that. Site numbers need an admin token or a moderator’s; authors see their own content.',
      status,
    )
  if (status >= 500 || status === 429)
    return new StatsFailure('unavailable', said ?? `The collector answered ${status}. Try again in a moment.`, status)
  return new StatsFailure('refused', said ?? `The collector refused the question with ${status}.`, status)
}

/**
 * Talks to the collector that served this page; `base` is the page's own address.
 * @param token without one, the browser's cookie says who asks
 */
export function createClient(request: typeof fetch, base: string, token: string | null, isFresh = false): Client {
  const open: Client['open'] = async (path, { query = {}, method = 'GET', body, signal, headers } = {}) => {
    const asked = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    const url = new URL(`./v1/${path}${asked.length === 0 ? '' : `?${new URLSearchParams(asked)}`}`, base)
    let response: Response
    try {
      response = await request(url, {
        method,
        headers: {
          // Without one of its own, a browser that may store nothing asks for everything anew (Fetch, 4.5).
          'cache-control': isFresh ? 'no-cache' : 'max-stale',
          ...headers,
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        cache: 'no-store',
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      })
    } catch (error) {
      if (signal?.aborted) throw error
      throw new StatsFailure('unavailable', 'The collector cannot be reached. Check that it runs, then try again.')
    }
    if (!response.ok) throw await failureFrom(response, token)
    return response
  }
  return {
    open,
    get fresh() {
      return isFresh ? this : createClient(request, base, token, true)
    },
    async ask<Answer>(path: string, options?: AskOptions) {
      return (await (await open(path, options)).json()) as Answer
    },
  }
}

/** The days of a question. */
export const daysOf = (period: Period): Record<string, string> =>
  'days' in period ? { days: String(period.days) } : { from: period.from, to: period.to }

/** The days, the audience and the filters of a question. */
export const rangeOf = ({
  period,
  audience,
  filters,
}: Pick<Selection, 'period' | 'audience' | 'filters'>): Record<string, string> => ({
  ...daysOf(period),
  audience,
  ...filters,
})

export const contentPath = ({ type, id }: ContentRef, question: 'stats' | 'distributions' | 'positions') =>
  `content/${encodeURIComponent(type)}/${encodeURIComponent(id)}/${question}`

/** An answer, or the sentence with which a part of the page that can be turned off was refused. */
export type Maybe<Answer> = { answer: Answer; refusal?: undefined } | { answer?: undefined; refusal: StatsFailure }

/** Lets a page be shown without a part that this collector does not answer. */
export async function maybe<Answer>(asked: Promise<Answer>): Promise<Maybe<Answer>> {
  try {
    return { answer: await asked }
  } catch (error) {
    if (error instanceof StatsFailure && error.kind === 'refused') return { refusal: error }
    throw error
  }
}
