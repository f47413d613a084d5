// POST /v1/page-views and POST /v1/content/:type/:id/views: one event a call, for apps without the SDK.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../errors'
import type { ParsedBody } from '../safe-json'
import { uncountedReason } from './flags'
import { refuseCounted, type Intake, type Taken } from './intake'
import { pageAddress } from './page-address'
import { readBatch } from './read-batch'

type Body = ParsedBody | undefined

/** Answer to a view: 201 when it counts, 200 when it does not. */
export interface ViewAnswer {
  counted: boolean
  /** Why it does not count: `repeat`, `duplicate`, `own`, `bot`, `script` or `opted_out`. */
  reason?: string
}

/** Registers the routes on a scope that takes JSON through the safe parser. */
export function registerSingleCallRoutes(scope: FastifyInstance, { admit, limitsOf, take }: Intake): void {
  async function takeOne(request: FastifyRequest, fields: object, bytes: number): Promise<Taken> {
    // What belongs to the sender is told beside the event, as in a batch.
    const { token, anonymousId, sentAt, ...event } = fields as Record<string, unknown>
    const sender = Object.fromEntries(
      Object.entries({ token, anonymousId, sentAt }).filter(([, value]) => value !== undefined),
    )
    const taken = await take(request, readBatch({ ...sender, events: [event] }, bytes, limitsOf(request)), bytes)
    const [error] = taken.errors
    if (error?.code === 'unknown_content') throw refuseCounted('unknown_content', error.message)
    if (error) throw refuseCounted('invalid_view', error.message)
    return taken
  }

  scope.post<{ Body: Body }>('/v1/page-views', { onRequest: admit }, async (request, reply) => {
    const { path, referrer, ...rest } = objectOf(request.body)
    if (typeof path !== 'string' || pageAddress(path, []) === undefined) {
      throw new Refusal('invalid_view', 'Expected "path" to be a path such as "/about" or a web address.')
    }
    const event = {
      ...sendersOf(rest),
      type: 'page_view',
      content: { type: 'page', id: path },
      ...(referrer !== undefined && { referrer }),
    }
    await takeOne(request, event, request.body?.bytes ?? 0)
    return reply.status(204).send()
  })

  scope.post<{ Body: Body; Params: { type: string; id: string } }>(
    '/v1/content/:type/:id/views',
    { onRequest: admit },
    async (request, reply): Promise<ViewAnswer> => {
      const { type, id } = request.params
      const body = request.body?.bytes ? objectOf(request.body) : {}
      const event = { ...body, type: 'view', content: { type, id } }
      const { dropped, duplicates, rows } = await takeOne(request, event, request.body?.bytes ?? 0)
      // Who may not see it is not told that it exists.
      if (dropped['private']) throw refuseCounted('unknown_content')
      const [row] = rows
      const [leftOut] = Object.keys(dropped)
      const reason = leftOut ?? (duplicates > 0 || !row ? 'duplicate' : uncountedReason(row.counted, row.flags))
      reply.status(reason === '' ? 201 : 200)
      return reason === '' ? { counted: true } : { counted: false, reason }
    },
  )
}

const sendersOf = ({ id, occurredAt, sessionId, token, anonymousId, sentAt, metadata }: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries({ id, occurredAt, sessionId, token, anonymousId, sentAt, metadata }).filter(
      ([, value]) => value !== undefined,
    ),
  )

function objectOf(body: Body): Record<string, unknown> {
  if (body === undefined) throw new Refusal('unsupported_media_type')
  const { value } = body
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal('invalid_view', 'Expected a JSON object.')
  }
  return value as Record<string, unknown>
}
