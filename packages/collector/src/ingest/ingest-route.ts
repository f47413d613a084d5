// POST /v1/events: from the bytes of a request to the answer that says what became of every event.
import type { Batch, IngestResult } from '@sightline/sdk/wire'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../errors'
import type { SiteClock } from '../site-clock'
import type { Committer } from './committer'
import { decide } from './decide'
import { deviceOf, enrich, type Sender } from './enrich'
import { parseJson, readBatch, type ReadLimits } from './read-batch'
import { talliesOfDrops, type Tally } from './write-events'

const MAX_LISTED_ERRORS = 100
/** Real user agents are shorter; what comes behind tells nothing about a device. */
const MAX_USER_AGENT_LENGTH = 512

export interface IngestDeps {
  clock: SiteClock
  committer: Committer
  limits: ReadLimits & { maxBatchBytes: number; rawRetentionDays: number }
  /** Sites whose pages may send; empty allows every site. */
  allowedOrigins: readonly string[]
  /** Who calls, by header or by the batch's token; refuses a token that is not valid. */
  identify: (authorization: string | undefined, bodyToken?: string) => Promise<{ kind: string; userId?: string }>
  viewerKey: (viewer: {
    userId?: string | undefined
    anonymousId?: string | undefined
    address: string
    userAgent: string
  }) => Promise<string>
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
  now: () => number
}

/** Body of a request with its size, which is known only to the parser. */
interface ParsedBody {
  value: unknown
  bytes: number
}

/** Registers the route. Needs a scope of its own: it takes JSON and text only, both through the same safe parser. */
export function registerIngestRoute(app: FastifyInstance, deps: IngestDeps): void {
  const { clock, committer, limits, now } = deps

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'text/plain'],
    { parseAs: 'buffer', bodyLimit: limits.maxBatchBytes },
    async (_request: FastifyRequest, body: Buffer): Promise<ParsedBody> => ({
      value: parseJson(body),
      bytes: body.length,
    }),
  )

  app.post<{ Body: ParsedBody | undefined }>(
    '/v1/events',
    {
      bodyLimit: limits.maxBatchBytes,
      onRequest: async (request, reply) => {
        reply.header('cache-control', 'no-store')
        checkOrigin(request.headers.origin, deps.allowedOrigins)
        deps.assertStarted()
        const encoding = request.headers['content-encoding']
        if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new Refusal('unsupported_encoding')
      },
    },
    async (request, reply) => {
      if (request.body === undefined) throw new Refusal('unsupported_media_type')
      const receivedAt = now()
      const batch = readBatch(request.body.value, request.body.bytes, limits)
      const sender = await senderOf(request, batch, deps)
      const rows = batch.events.map((readable) =>
        enrich(decide(readable, receivedAt, limits.rawRetentionDays), sender, clock),
      )
      committer.note(batch.errors.map(({ code }): Tally => ({ outcome: 'refused', reason: code, count: 1 })))
      if (rows.length === 0) {
        committer.note(talliesOfDrops(batch.drops))
        return reply.status(400).send(answer({ tracked: 0, duplicates: 0 }, batch.errors))
      }
      const { tracked, duplicates, unstorable } = await committer.commit(rows, request.body.bytes, batch.drops)
      const errors = rows.flatMap(({ id }, place) => {
        const index = batch.events[place]?.index ?? place
        return unstorable.has(id) ? [{ index, id, ...UNSTORABLE }] : []
      })
      const all = [...batch.errors, ...errors].toSorted((a, b) => a.index - b.index)
      return reply.status(tracked + duplicates > 0 ? 200 : 400).send(answer({ tracked, duplicates }, all))
    },
  )
}

const UNSTORABLE = {
  code: 'unstorable',
  message: 'The database refused this event. It was put aside for the people who run the collector.',
}

function answer(counts: Pick<IngestResult, 'tracked' | 'duplicates'>, errors: IngestResult['errors']): IngestResult {
  return { success: errors.length === 0, ...counts, dropped: {}, errors: errors.slice(0, MAX_LISTED_ERRORS) }
}

async function senderOf(
  request: FastifyRequest,
  batch: Omit<Batch, 'events'>,
  { identify, viewerKey }: IngestDeps,
): Promise<Sender> {
  const { authorization, origin, referer } = request.headers
  const { userId } = await identify(authorization, batch.token)
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_LENGTH)
  const page = [origin, referer].find((address) => address !== undefined && URL.canParse(address))
  return {
    viewerKey: await viewerKey({ userId, anonymousId: batch.anonymousId, address: request.ip, userAgent }),
    userId,
    channel: batch.sdk === undefined ? 'api' : 'sdk',
    device: deviceOf(userAgent),
    ownHost: page === undefined ? undefined : new URL(page).hostname,
  }
}

// The browser would only hide the answer from the page; the events would be stored all the same.
function checkOrigin(origin: string | undefined, allowedOrigins: readonly string[]): void {
  if (origin === undefined || allowedOrigins.length === 0 || allowedOrigins.includes(origin)) return
  throw new Refusal('origin_not_allowed')
}
