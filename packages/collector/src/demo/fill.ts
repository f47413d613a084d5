// Sends sample visits through the collector's own ingest, as browsers would: device, network, token and batches of each.
import { wireLimits, type Batch, type IngestResult } from '@sightline/sdk/wire'
import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import type { SampleVisit } from './sample-days'

/** Header in which the sample's proxy tells the country of a visitor. */
export const COUNTRY_HEADER = 'x-sample-country'

/** Requests that wait for their commit at the same time, so that many share one. */
const REQUESTS_IN_FLIGHT = 64

export interface FillDependencies {
  app: Pick<FastifyInstance, 'inject'>
  /** The collector's JWT secret. */
  jwtSecret: string
  /** Called after each request with the events stored so far. */
  onProgress(stored: number): void
  /** Current time in milliseconds since 1970, as the collector has it. @default Date.now */
  now?: () => number
  /** Ends the fill early; it then rejects with the signal's reason. */
  signal: AbortSignal
}

/** How long a token of the sample holds. */
const TOKEN_SECONDS = 3_600

/** A token of each user, signed once. */
function createTokens(secret: string, now: () => number): (userId: string) => Promise<string> {
  const key = new TextEncoder().encode(secret)
  const tokens = new Map<string, Promise<string>>()
  return (userId) => {
    const known = tokens.get(userId)
    if (known !== undefined) return known
    const signed = new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime(Math.floor(now() / 1_000) + TOKEN_SECONDS)
    const token = signed.sign(key)
    tokens.set(userId, token)
    return token
  }
}

const chunk = ({ viewer, events }: SampleVisit): SampleVisit[] =>
  Array.from({ length: Math.ceil(events.length / wireLimits.maxBatchEvents) }, (_, index) => ({
    viewer,
    events: events.slice(index * wireLimits.maxBatchEvents, (index + 1) * wireLimits.maxBatchEvents),
  }))

/**
 * Stores all visits.
 * @throws Error when the collector does not store an event, with its sentence: sample data must not be silently partial.
 */
export async function fill(
  visits: SampleVisit[],
  { app, jwtSecret, onProgress, now = Date.now, signal }: FillDependencies,
): Promise<void> {
  const tokenOf = createTokens(jwtSecret, now)
  const batches = visits.flatMap(chunk).values()
  let stored = 0

  async function send({ viewer, events }: SampleVisit): Promise<void> {
    const payload: Batch = { v: 1, sdk: 'demo/1', sentAt: now(), events }
    const response = await app.inject({
      method: 'POST',
      url: '/v1/events',
      remoteAddress: viewer.address,
      headers: {
        'user-agent': viewer.userAgent,
        ...(viewer.country !== null && { [COUNTRY_HEADER]: viewer.country }),
        ...(viewer.userId !== null && { authorization: `Bearer ${await tokenOf(viewer.userId)}` }),
      },
      payload,
    })
    const result = response.json<Partial<IngestResult>>()
    if ((result.tracked ?? 0) + (result.duplicates ?? 0) !== events.length)
      throw new Error(`The collector did not store a sample batch (${response.statusCode}): ${response.body}`)
    stored += events.length
    onProgress(stored)
  }

  let hasFailed = false

  async function work(): Promise<void> {
    for (const batch of batches) {
      signal.throwIfAborted()
      if (hasFailed) return
      await send(batch).catch((error: unknown) => {
        hasFailed = true
        throw error
      })
    }
  }
  // All of them are waited for, also after a failure: the database closes next, and no request may still be using it.
  const ends = await Promise.allSettled(Array.from({ length: REQUESTS_IN_FLIGHT }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
