// The public keys of an identity provider (JWKS, RFC 7517): fetched from one configured address, kept, renewed, never guessed.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { Refusal } from '../errors'

const FETCH_TIMEOUT_MS = 2_000
const MAX_BYTES = 65_536
/** After this the keys are asked for again, beside the requests that use the old ones. */
const FRESH_MS = 600_000
/** So long old keys are used while the provider does not answer. */
const STALE_MS = 3_600_000
/** At most one request to the provider in this time, whatever tokens arrive. */
const PAUSE_MS = 30_000

export interface KeySetOptions {
  url: string
  now: () => number
  /** @default globalThis.fetch */
  fetch?: typeof fetch
}

/**
 * Finds the key of a token. A key that nobody knows is the token's fault; keys that cannot be asked for are nobody's,
 * and then the answer is {@link Refusal} `keys_unavailable`, which is tried again, and never "anonymous".
 */
export function createKeySet({ url, now, fetch = globalThis.fetch }: KeySetOptions): JWTVerifyGetKey {
  let find: ReturnType<typeof createLocalJWKSet> | undefined
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  let isReachable = true
  let running: Promise<void> | undefined

  /** Resolves when the keys are renewed or cannot be; does nothing in the pause after the last attempt. */
  function renew(): Promise<void> {
    if (running) return running
    if (now() - triedAt < PAUSE_MS) return Promise.resolve()
    triedAt = now()
    running = attempt().finally(() => {
      running = undefined
    })
    return running
  }

  async function attempt(): Promise<void> {
    try {
      find = createLocalJWKSet(await download(url, fetch))
      fetchedAt = now()
      isReachable = true
    } catch {
      isReachable = false
    }
  }

  return async (header, token) => {
    const ageMs = now() - fetchedAt
    if (ageMs > STALE_MS) await renew()
    else if (ageMs > FRESH_MS) void renew()
    if (!find || now() - fetchedAt > STALE_MS) throw new Refusal('keys_unavailable')
    try {
      return await find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      // A new key of the provider, or an invented one: only the provider can tell.
      await renew()
      if (!isReachable) throw new Refusal('keys_unavailable')
      return find(header, token)
    }
  }
}

async function download(url: string, get: typeof fetch): Promise<JSONWebKeySet> {
  const response = await get(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    headers: { accept: 'application/json' },
  })
  const text = await readText(response)
  if (!response.ok) throw new Error(`JWKS: expected status 200, got ${response.status}.`)
  // jose checks the shape and every key in it.
  return JSON.parse(text) as JSONWebKeySet
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early ends the download.
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`JWKS: expected at most ${MAX_BYTES} bytes, got more.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
