// PUT, GET and DELETE /v1/content/:type/:id and POST /v1/content: the catalogue, for holders of an admin token.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { contentKey } from '../content-key'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import { acceptJson, refuseEncoded, type ParsedBody } from '../safe-json'
import { readContent, registerContents, unregisterContent } from './catalog'
import {
  contentFieldsSchema,
  contentNameSchema,
  namedContentSchema,
  sentenceOf,
  type ContentName,
  type NamedContent,
} from './content-schema'

export interface CatalogRoutesDeps {
  db: Pick<Database, 'kysely'>
  requireAdmin: (request: FastifyRequest) => Promise<void>
  limits: { maxAdminBatchBytes: number; maxAdminBatchEvents: number }
  /** Told which contents have other rules now. */
  onChanged: (contentKeys: readonly string[]) => void
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
}

/** What became of a list of contents. */
export interface BulkAnswer {
  success: boolean
  /** Contents registered now, new or replaced. */
  registered: number
  /** Contents refused, each with its place in the list. */
  errors: { index: number; code: 'invalid_content'; message: string }[]
}

const MAX_LISTED_ERRORS = 100

type Name = { Params: { type: string; id: string } }

/** Registers the routes on a scope of their own. */
export function registerCatalogRoutes(scope: FastifyInstance, deps: CatalogRoutesDeps): void {
  const { db, limits, onChanged } = deps
  acceptJson(scope, limits.maxAdminBatchBytes)

  // Asked before the body is read, so that strangers cannot make the collector read one.
  scope.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'private, no-store')
    deps.assertStarted()
    await deps.requireAdmin(request)
    refuseEncoded(request)
  })

  scope.put<Name & { Body: ParsedBody | undefined }>('/v1/content/:type/:id', async (request, reply) => {
    const name = nameOf(request.params)
    const fields = contentFieldsSchema.safeParse(valueOf(request.body))
    if (!fields.success) throw new Refusal('invalid_content', sentenceOf(fields.error))
    const created = await registerContents(db, [{ ...fields.data, ...name }])
    onChanged([contentKey(name.type, name.id)])
    return reply.status(created.size > 0 ? 201 : 200).send(await readContent(db, name))
  })

  scope.get<Name>('/v1/content/:type/:id', async ({ params }) => {
    const name = nameOf(params)
    const entry = await readContent(db, name)
    if (!entry) throw new Refusal('unknown_content')
    return entry
  })

  scope.delete<Name>('/v1/content/:type/:id', async ({ params }, reply) => {
    const name = nameOf(params)
    const wasRegistered = await unregisterContent(db, name)
    onChanged([contentKey(name.type, name.id)])
    if (!wasRegistered) throw new Refusal('unknown_content', 'The catalogue does not hold this content.')
    return reply.status(204).send()
  })

  scope.post<{ Body: ParsedBody | undefined }>('/v1/content', async (request, reply) => {
    const value = valueOf(request.body)
    const candidates: unknown = Array.isArray(value) ? value : Object(value).contents
    if (!Array.isArray(candidates) || candidates.length === 0) {
      throw new Refusal('invalid_content', 'Expected a list of at least one content, or { "contents": [ … ] }.')
    }
    const most = limits.maxAdminBatchEvents
    if (candidates.length > most) {
      throw new Refusal(
        'too_many_contents',
        `Expected at most ${most} contents, got ${candidates.length}. None was registered.`,
      )
    }
    const contents: NamedContent[] = []
    const errors: BulkAnswer['errors'] = []
    for (const [index, candidate] of candidates.entries()) {
      const content = namedContentSchema.safeParse(candidate)
      if (content.success) contents.push(content.data)
      else errors.push({ index, code: 'invalid_content', message: sentenceOf(content.error) })
    }
    await registerContents(db, contents)
    onChanged(contents.map(({ type, id }) => contentKey(type, id)))
    const answer: BulkAnswer = {
      success: errors.length === 0,
      registered: contents.length,
      errors: errors.slice(0, MAX_LISTED_ERRORS),
    }
    return reply.status(contents.length > 0 ? 200 : 400).send(answer)
  })
}

function nameOf(params: ContentName): ContentName {
  const name = contentNameSchema.safeParse(params)
  if (!name.success) throw new Refusal('invalid_content', sentenceOf(name.error))
  return name.data
}

function valueOf(body: ParsedBody | undefined): unknown {
  if (body === undefined) throw new Refusal('unsupported_media_type')
  return body.value
}
