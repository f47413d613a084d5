// POST /v1/events: from the bytes of a request to the answer that says what became of every event.
import type { IngestResult } from '@sightline/sdk/wire'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../errors'
import type { ParsedBody } from '../safe-json'
import type { Intake } from './intake'
import { readBatch } from './read-batch'

const MAX_LISTED_ERRORS = 100

/** Registers the route on a scope that takes JSON through the safe parser. */
export function registerIngestRoute(scope: FastifyInstance, { admit, limitsOf, take }: Intake): void {
  scope.post<{ Body: ParsedBody | undefined }>('/v1/events', { onRequest: admit }, async (request, reply) => {
    const { body } = request
    if (body === undefined) throw new Refusal('unsupported_media_type')
    const { tracked, duplicates, dropped, errors } = await take(
      request,
      readBatch(body.value, body.bytes, limitsOf(request)),
      body.bytes,
    )
    const isAllRefused = tracked + duplicates === 0 && Object.keys(dropped).length === 0
    const answer: IngestResult = {
      success: errors.length === 0,
      tracked,
      duplicates,
      dropped,
      errors: errors.slice(0, MAX_LISTED_ERRORS),
    }
    return reply.status(isAllRefused ? 400 : 200).send(answer)
  })
}
