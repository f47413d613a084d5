// What end-to-end tests ask of a collector in memory: what was stored, and to begin anew.
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { readStoredEvents } from './stored-events'

/** What a reset keeps: the tables themselves, who may ask, names that the writer takes for written, today's salt. */
const KEPT_TABLES = [
  'kysely_migration',
  'kysely_migration_lock',
  'admin_tokens',
  'share_links',
  'job_leases',
  'salts',
  'content',
]

export interface TestRoutesDependencies {
  db: Pick<Database, 'kysely'>
  /** Told which contents the catalogue does not name any more. */
  forgetContents: (contentKeys: readonly string[]) => void
  /** Told of each viewer whose objection is forgotten. */
  forgetViewer: (viewerKey: string) => void
}

/** Adds `GET /_test/events` and `POST /_test/reset`. They ask for no token: only a database in memory may have them. */
export function registerTestRoutes(app: FastifyInstance, dependencies: TestRoutesDependencies): void {
  const { db, forgetContents, forgetViewer } = dependencies

  app.get('/_test/events', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return readStoredEvents(db)
  })

  app.post('/_test/reset', async (_request, reply) => {
    const { contents, viewers } = await forgetAll(db)
    forgetContents(contents)
    viewers.forEach(forgetViewer)
    return reply.status(204).send()
  })
}

async function forgetAll({ kysely }: Pick<Database, 'kysely'>) {
  return kysely.transaction().execute(async (transaction) => {
    const viewers = await transaction
      .selectFrom('opt_outs')
      .select('viewer_key')
      .union(transaction.selectFrom('erased_viewers').select('viewer_key'))
      .execute()
    const contents = await transaction
      .updateTable('content')
      .set({
        registered: false,
        owner_id: null,
        visibility: 'public',
        duration_ms: null,
        published_at: null,
        title: null,
      })
      .where('registered', '=', true)
      .returning('content_key')
      .execute()
    const { rows: tables } = await sql<{ name: string }>`
      select tablename as name from pg_tables
      where schemaname = current_schema() and tablename not in (${sql.join(KEPT_TABLES)})`.execute(transaction)
    await sql`truncate ${sql.join(tables.map(({ name }) => sql.table(name)))}`.execute(transaction)
    return {
      contents: contents.map(({ content_key }) => content_key),
      viewers: viewers.map(({ viewer_key }) => viewer_key),
    }
  })
}
