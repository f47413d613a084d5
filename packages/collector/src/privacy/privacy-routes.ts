// /v1/me/opt-out, /v1/me/export, DELETE /v1/me, and the same by an admin for a user: what people may ask of their data.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import { readReceipt, requestErasure } from './erase'
import { exportPerson } from './export-person'
import { optIn, optOut, readOptOut, type OptOut } from './opt-out'
import { personOfUser, type Person } from './person'

export interface PrivacyRoutesDeps {
  db: Pick<Database, 'kysely' | 'stats'>
  personOf: (request: FastifyRequest) => Promise<Person>
  requireAdmin: (request: FastifyRequest) => Promise<void>
  /** Milliseconds that this network has to wait before it asks again; 0 when it may. Keeps strangers from filling tables. */
  mayAsk: (request: FastifyRequest) => number
  /** Makes this collector forget what it knew about viewers. */
  forgetViewer: (viewerKey: string) => void
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
  now: () => number
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const MAX_USER_ID_LENGTH = 256
const MS_PER_SECOND = 1_000

type UserParams = { Params: { id: string } }

/** Registers the routes on a scope of their own. */
export function registerPrivacyRoutes(scope: FastifyInstance, deps: PrivacyRoutesDeps): void {
  const { db, personOf, requireAdmin, now } = deps

  scope.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'private, no-store')
    deps.assertStarted()
    const waitMs = deps.mayAsk(request)
    if (waitMs > 0) {
      const detail = 'Too many questions about persons came from this network. Ask again later.'
      throw new Refusal('too_many_attempts', detail, Math.ceil(waitMs / MS_PER_SECOND))
    }
  })

  async function setOptOut(request: FastifyRequest, set: (person: Person) => Promise<void>): Promise<OptOut> {
    const person = await personOf(request)
    await set(person)
    person.viewerKeys.forEach(deps.forgetViewer)
    return readOptOut(db, person)
  }

  async function erase(reply: FastifyReply, person: Person, requestedBy: 'viewer' | 'admin'): Promise<FastifyReply> {
    const receipt = await requestErasure(db, person, requestedBy, now())
    person.viewerKeys.forEach(deps.forgetViewer)
    return reply.status(202).header('location', `/v1/erasures/${receipt.receipt}`).send(receipt)
  }

  function sendExport(reply: FastifyReply, person: Person): FastifyReply {
    return reply
      .type('application/x-ndjson; charset=utf-8')
      .header('content-disposition', 'attachment; filename="my-events.ndjson"')
      .send(Readable.from(exportPerson(db, person, now())))
  }

  scope.get('/v1/me/opt-out', async (request) => readOptOut(db, await personOf(request)))
  scope.put('/v1/me/opt-out', (request) => setOptOut(request, (person) => optOut(db, person, now())))
  scope.delete('/v1/me/opt-out', (request) => setOptOut(request, (person) => optIn(db, person)))

  scope.get('/v1/me/export', async (request, reply) => sendExport(reply, await personOf(request)))
  scope.delete('/v1/me', async (request, reply) => erase(reply, await personOf(request), 'viewer'))

  // Whoever erased an account has no token left: the receipt itself is the key.
  scope.get<{ Params: { receipt: string } }>('/v1/erasures/:receipt', async ({ params }) => {
    const receipt = UUID.test(params.receipt) ? await readReceipt(db, params.receipt) : undefined
    if (!receipt) throw new Refusal('not_found', 'There is no such receipt.')
    return receipt
  })

  scope.get<UserParams>('/v1/users/:id/export', { preHandler: requireAdmin }, async ({ params }, reply) =>
    sendExport(reply, personNamed(params.id)),
  )
  scope.delete<UserParams>('/v1/users/:id', { preHandler: requireAdmin }, async ({ params }, reply) =>
    erase(reply, personNamed(params.id), 'admin'),
  )
}

function personNamed(userId: string): Person {
  if (userId.length > MAX_USER_ID_LENGTH || userId.includes('\0')) {
    throw new Refusal('bad_request', `Expected the id of a user, at most ${MAX_USER_ID_LENGTH} characters.`)
  }
  return personOfUser(userId)
}
