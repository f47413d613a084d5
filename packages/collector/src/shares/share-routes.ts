// POST, GET and DELETE /v1/shares: links that show one page to whoever has them, for admins and moderators.
import { CONTENT_TYPE_PATTERN, wireLimits } from '@sightline/sdk/wire'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { contentKey } from '../content-key'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import { acceptJson, refuseEncoded, type ParsedBody } from '../safe-json'
import { storableText } from '../storable-text'
import type { MadeShare, ShareList } from './shapes'
import { listShares, makeShare, revokeShare } from './share-links'

/** A content's id may be as long as four bytes a character allow, and a name as well. */
const MAX_BODY_BYTES = 16_384
const MAX_NAME_LENGTH = 100
/** A leap year. */
const MAX_DAYS = 366
/** A link that nobody thinks of any more shuts by itself. */
export const DEFAULT_SHARE_DAYS = 30

const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

const got = (input: unknown) => (input === undefined ? 'nothing' : JSON.stringify(input))
const expected = (what: string) => ({
  error: (issue: { input?: unknown }) => `expected ${what}, got ${got(issue.input)}`,
})

const aName = expected(`a text of 1 to ${MAX_NAME_LENGTH} characters`)
const aLife = expected(`a whole number of days from 1 to ${MAX_DAYS}, or null for a link without an end`)
const aType = expected('a type of content, such as "post"')
const anId = expected(`an id of 1 to ${wireLimits.maxContentIdLength} characters`)

const fields = {
  name: z
    .string(aName)
    .trim()
    .min(1, aName)
    .max(MAX_NAME_LENGTH, aName)
    .transform(storableText)
    .nullish()
    .describe('What to call the link. Whoever opens it reads it.'),
  expiresInDays: z
    .int(aLife)
    .min(1, aLife)
    .max(MAX_DAYS, aLife)
    .nullable()
    .default(DEFAULT_SHARE_DAYS)
    .describe('Days until it opens nothing any more; `null` keeps it open until it is revoked.'),
}

export const shareSchema = z.discriminatedUnion(
  'scope',
  [
    z.strictObject({ scope: z.literal('overview'), ...fields }),
    z.strictObject({
      scope: z.literal('content'),
      content: z.strictObject(
        {
          type: z.string(aType).regex(CONTENT_TYPE_PATTERN, aType),
          id: z.string(anId).min(1, anId).max(wireLimits.maxContentIdLength, anId).transform(storableText),
        },
        expected('{ "type": …, "id": … }'),
      ),
      ...fields,
    }),
  ],
  expected('{ "scope": "overview" }, or { "scope": "content", "content": { "type": …, "id": … } }'),
)

export interface ShareRoutesDeps {
  db: Pick<Database, 'kysely'>
  requireModerator: (request: FastifyRequest) => Promise<void>
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
  /** Milliseconds since 1970. */
  now: () => number
}

/** Registers the routes on a scope of their own. */
export function registerShareRoutes(scope: FastifyInstance, deps: ShareRoutesDeps): void {
  const { db, requireModerator, assertStarted, now } = deps
  acceptJson(scope, MAX_BODY_BYTES)

  // Asked before the body is read, so that strangers cannot make the collector read one.
  scope.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'private, no-store')
    assertStarted()
    await requireModerator(request)
    refuseEncoded(request)
  })

  scope.post<{ Body: ParsedBody | undefined }>('/v1/shares', async ({ body }, reply) => {
    if (body === undefined) throw new Refusal('unsupported_media_type')
    const wanted = shareSchema.safeParse(body.value)
    if (!wanted.success) throw new Refusal('invalid_share', sentenceOf(wanted.error))
    const { name = null, expiresInDays } = wanted.data
    const content = wanted.data.scope === 'content' ? wanted.data.content : null
    if (content !== null && !(await isKnown(content.type, content.id))) {
      throw new Refusal(
        'unknown_content',
        `Neither an event nor the catalogue has named ${content.type} "${content.id}".`,
      )
    }
    const made: MadeShare = await makeShare(db, { content, name, expiresInDays }, now())
    return reply.status(201).send(made)
  })

  scope.get('/v1/shares', async (): Promise<ShareList> => ({ shares: await listShares(db) }))

  scope.delete<{ Params: { id: string } }>('/v1/shares/:id', async ({ params: { id } }, reply) => {
    if (!ID.test(id) || !(await revokeShare(db, id, now())))
      throw new Refusal('not_found', 'There is no share link with this id. GET /v1/shares tells the ids.')
    return reply.status(204).send()
  })

  async function isKnown(type: string, id: string): Promise<boolean> {
    const row = await db.kysely
      .selectFrom('content')
      .select('type')
      .where('content_key', '=', contentKey(type, id))
      .executeTakeFirst()
    return row !== undefined
  }
}

/** The first mistake. */
function sentenceOf(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue?.code === 'unrecognized_keys') {
    return `${issue.keys.map((key) => `"${key}"`).join(', ')} is no part of a share link; scope, content, name and expiresInDays are.`
  }
  const path = issue?.path.join('.') ?? ''
  return `Wrong value in ${path === '' ? 'the share link' : `"${path}"`}: ${issue?.message ?? 'not readable'}.`
}
