// Every suite about stored events runs twice: what is promised is promised on PGlite and on PostgreSQL.
import { randomBytes } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest'
import { migrate } from '../../src/database/migrate'
import { openDatabase, type Database } from '../../src/database/open-database'

export type DatabaseKind = Database['kind']

const tables = [
  'events',
  'content',
  'content_hours',
  'content_days',
  'site_days',
  'closed_days',
  'late_days',
  'content_day_details',
  'site_hours',
  'viewer_days',
  'cohort_days',
  'variant_days',
  'positions',
  'recent_views',
  'view_gates',
  'opt_outs',
  'salts',
  'job_leases',
  'dead_letters',
  'outcomes',
  'dropped_days',
  'erasures',
  'erased_viewers',
  'admin_tokens',
  'share_links',
]

/** One database for the tests of a file: migrated, empty at the start of every test, gone at the end. */
export function onBothDatabases(name: string, suite: (database: () => Database, kind: DatabaseKind) => void): void {
  describe.each(['pglite', 'postgres'] as const)(`${name} on %s`, (kind) => {
    let db: Database
    let dropDatabase: (() => Promise<void>) | undefined

    beforeAll(async () => {
      if (kind === 'pglite') {
        db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
      } else {
        const { url, drop } = await createPostgresDatabase()
        dropDatabase = drop
        db = await openDatabase({ databaseUrl: url })
        await migrate(db)
      }
    })

    beforeEach(() => emptyTables(db))

    afterAll(async () => {
      await db.close()
      await dropDatabase?.()
    })

    suite(() => db, kind)
  })
}

export async function emptyTables({ kysely }: Database): Promise<void> {
  await sql`truncate ${sql.raw(tables.join(', '))}`.execute(kysely)
}

/** A new, empty database on the test server. */
export async function createPostgresDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await runOnServer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runOnServer(server, `drop database if exists ${name} with (force)`) }
}

async function runOnServer(server: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
