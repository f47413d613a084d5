// GET and DELETE /v1/me/recently-viewed: a signed-in viewer's own list, and nobody else's.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { contentKey } from '../content-key'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import { keyOfUser } from '../identity/viewer-key'
import { deleteRecentViews, readRecentViews, type Cursor, type RecentView, type RecentViewsPage } from './recent-views'

export interface RecentViewsRoutesDeps {
  db: Pick<Database, 'kysely' | 'stats'>
  /** The signed-in user who asks; refuses everybody else. */
  requireUser: (request: FastifyRequest) => Promise<string>
  maxRecentViews: number
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
}

const fieldNames = ['content', 'title', 'viewedAt', 'durationMs', 'views'] as const satisfies (keyof RecentView)[]
const DEFAULT_PER_PAGE = 20
const MAX_PER_PAGE = 100

const wholeNumber = (most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .refine((value) => value >= 1 && value <= most)
    // In an address it is text; the API description calls it the number that it is.
    .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: most })

export const recentViewsQuerySchema = z.strictObject({
  page: wholeNumber(100_000).optional(),
  perPage: wholeNumber(MAX_PER_PAGE).default(DEFAULT_PER_PAGE),
  cursor: z
    .string()
    .transform(readCursor)
    .refine((cursor) => cursor !== undefined)
    .optional(),
  type: z.string().min(1).max(1_024).optional(),
  fields: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(fieldNames)))
    .optional(),
})

const expectations: Record<string, string> = {
  page: 'page to be a whole number from 1 up',
  perPage: `perPage to be a whole number from 1 to ${MAX_PER_PAGE}`,
  cursor: 'cursor to be the nextCursor of an answer',
  type: 'type to be a type of content',
  fields: `fields to be a list of ${fieldNames.join(', ')}`,
}

/** Registers the routes on a scope of their own. */
export function registerRecentViewsRoutes(scope: FastifyInstance, deps: RecentViewsRoutesDeps): void {
  const { db, requireUser, maxRecentViews } = deps

  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'private, no-store')
    deps.assertStarted()
  })

  scope.get('/v1/me/recently-viewed', async (request): Promise<RecentViewsPage> => {
    const userId = await requireUser(request)
    const { page = 1, perPage, cursor, type, fields } = readQuery(request.query)
    const { items, total, next } = await readRecentViews(db, {
      viewerKey: keyOfUser(userId),
      userId,
      maxRecentViews,
      perPage,
      from: cursor ?? { skip: (page - 1) * perPage },
      type,
    })
    return {
      items: fields === undefined ? items : items.map((item) => pick(item, fields)),
      total,
      perPage,
      page: cursor === undefined ? page : null,
      pages: Math.ceil(total / perPage),
      nextCursor: next === undefined ? null : writeCursor(next),
    }
  })

  scope.delete('/v1/me/recently-viewed', async (request, reply) => {
    await deleteRecentViews(db, keyOfUser(await requireUser(request)))
    return reply.status(204).send()
  })

  scope.delete<{ Params: { type: string; id: string } }>('/v1/me/recently-viewed/:type/:id', async (request, reply) => {
    const { type, id } = request.params
    await deleteRecentViews(db, keyOfUser(await requireUser(request)), contentKey(type, id))
    return reply.status(204).send()
  })
}

function readQuery(query: unknown): z.output<typeof recentViewsQuerySchema> {
  const read = recentViewsQuerySchema.safeParse(query)
  if (read.success) {
    if (read.data.cursor !== undefined && read.data.page !== undefined) {
      throw new Refusal('invalid_query', 'Expected page or cursor, got both.')
    }
    return read.data
  }
  const [issue] = read.error.issues
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0]
  const expected = expectations[String(name)]
  throw new Refusal(
    'invalid_query',
    expected === undefined
      ? `Expected only ${Object.keys(expectations).join(', ')}, got ${JSON.stringify(name)}.`
      : `Expected ${expected}.`,
  )
}

const pick = (item: RecentView, fields: readonly (keyof RecentView)[]): Partial<RecentView> =>
  Object.fromEntries(fields.map((name) => [name, item[name]]))

// Opaque, so that its inside may change; it tells nothing that the list does not.
const writeCursor = ({ viewedAt, contentKey: key }: Cursor) => Buffer.from(`${viewedAt} ${key}`).toString('base64url')

function readCursor(text: string): Cursor | undefined {
  const [, viewedAt, key] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d{1,19})$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (viewedAt === undefined || key === undefined || Number.isNaN(Date.parse(viewedAt))) return undefined
  return BigInt(key) < 2n ** 63n ? { viewedAt, contentKey: key } : undefined
}
