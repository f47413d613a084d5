// The ingest transaction runs unchanged on a sharded PostgreSQL: plain statements, and keys that hold what rows are spread by.
import { openAsBlob } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import type { Database } from '../../src/database/open-database'
import { createPglitePool } from '../../src/database/pglite-pool'
import type { Tables } from '../../src/database/tables'
import { readAsText } from '../../src/database/type-parsers'
import { impression, mixedEvents } from '../support/events'

/** What rows are spread by when the tables are sharded (docs/operations.md). */
const distributionColumns: Record<string, string> = {
  events: 'content_key',
  content: 'content_key',
  content_hours: 'content_key',
  content_days: 'content_key',
  view_gates: 'content_key',
  recent_views: 'viewer_key',
}

const forbidden: [what: string, pattern: RegExp][] = [
  ['a modifying CTE', /\bwith\b[^;]*\bas\s*(not\s+materialized|materialized)?\s*\(\s*(insert|update|delete|merge)\b/i],
  ['a temporary table', /\b(temp|temporary)\b/i],
  ['LISTEN or NOTIFY', /\b(listen|notify|pg_notify)\b/i],
  ['an advisory lock', /advisory/i],
  ['a lock on a table', /\block\s+table\b/i],
  ['a setting of the session', /^\s*(set|reset|discard)\b/i],
  ['a sequence', /\bnextval\b/i],
  ['a change of tables', /^\s*(create|alter|drop|truncate)\b/i],
]

let pglite: PGlite
let db: Database
let statements: string[] = []

beforeAll(async () => {
  pglite = await PGlite.create({
    dataDir: 'memory://',
    parsers: readAsText,
    loadDataDir: await openAsBlob(inject('pgliteSnapshot')),
  })
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: listening(createPglitePool(pglite)) }) })
  db = { kysely, stats: kysely, jobs: kysely, kind: 'pglite', durability: 'memory', close: () => kysely.destroy() }
})
afterAll(() => db.close())

/** The pool, with an ear on every statement. */
function listening(pool: PostgresPool): PostgresPool {
  return {
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const query = (statement: string, parameters: readonly unknown[]) => {
        statements.push(statement)
        return client.query(statement, parameters)
      }
      return { query, release: () => client.release() } as unknown as typeof client
    },
  }
}

test('stores events by plain statements only', async () => {
  const app = await buildCollector({ db, config: { logLevel: 'silent' } })
  const view = impression({ type: 'view', durationMs: 5_000, source: 'feed', position: 2 })
  const events = [...mixedEvents(60), view, impression({ ...view, id: impression().id })]
  statements = []
  const send = () =>
    app.inject({ method: 'POST', url: '/v1/events', payload: { events, drops: { expired: 1 }, anonymousId: 'me' } })
  expect((await send()).json()).toMatchObject({ tracked: events.length })
  expect((await send()).json()).toMatchObject({ duplicates: events.length })
  await app.close()

  for (const table of ['events', 'content', 'content_hours', 'positions', 'outcomes', 'view_gates']) {
    expect(statements.some((statement) => new RegExp(`insert into "?${table}"?\\b`).test(statement))).toBe(true)
  }
  const found = statements.flatMap((statement) =>
    forbidden.filter(([, pattern]) => pattern.test(statement)).map(([what]) => `${what}: ${statement.slice(0, 80)}`),
  )
  expect(found).toEqual([])
})

test.each(forbidden)('would notice %s', (what, pattern) => {
  const example: Record<string, string> = {
    'a modifying CTE': 'with fresh as (insert into events select 1 returning event_id) select * from fresh',
    'a temporary table': 'create temp table batch (id uuid)',
    'LISTEN or NOTIFY': "select pg_notify('events', '')",
    'an advisory lock': 'select pg_advisory_xact_lock(1)',
    'a lock on a table': 'lock table events in share mode',
    'a setting of the session': "set work_mem = '64MB'",
    'a sequence': "select nextval('ids')",
    'a change of tables': 'create table more (id int)',
  }
  expect(example[what]).toMatch(pattern)
})

test('every unique key of a spread table holds the column that it is spread by', async () => {
  const { rows } = await sql<{ table: string; key: string; columns: string[] }>`
    select t.relname as table, i.relname as key,
      array(select attname::text from pg_attribute where attrelid = t.oid and attnum = any (x.indkey)) as columns
    from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    where x.indisunique and t.relnamespace = 'public'::regnamespace and not t.relispartition`.execute(db.kysely)
  const spread = rows.filter(({ table }) => distributionColumns[table] !== undefined)
  expect(new Set(spread.map(({ table }) => table))).toEqual(new Set(Object.keys(distributionColumns)))
  expect(spread.filter(({ table, columns }) => !columns.includes(distributionColumns[table] ?? ''))).toEqual([])
})

test('no table needs a trigger, a sequence or an extension', async () => {
  const { rows } = await sql<{ thing: string }>`
    select tgname::text as thing from pg_trigger where not tgisinternal
    union all select relname::text from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace
    union all select extname::text from pg_extension where extname <> 'plpgsql'`.execute(db.kysely)
  expect(rows).toEqual([])
})
