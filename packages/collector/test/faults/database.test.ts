// Faults of the database that the fault catalogue names (DB-03, DB-05, DB-09, DB-11, DB-13), on a real PostgreSQL.
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { openDatabase, type Database } from '../../src/database/open-database'
import { createPostgresDatabase } from '../support/databases'
import { countersOffBy, countRows, impression, mixedEvents } from '../support/events'

const ADMIN_TOKEN = 'admin-token-for-tests-0123456789abcdef'

let db: Database
/** Connections of somebody else. */
let other: Database
let app: FastifyInstance
let drop: () => Promise<void>

beforeEach(async () => {
  const database = await createPostgresDatabase()
  drop = database.drop
  db = await openDatabase({ databaseUrl: database.url })
  other = await openDatabase({ databaseUrl: database.url })
  app = await buildCollector({
    db,
    config: { logLevel: 'silent', adminToken: ADMIN_TOKEN, maxAdminBatchEvents: 5_000, networkEventsPerSecond: 0 },
  })
})
afterEach(async () => {
  await app.close()
  await db.close()
  await other.close()
  await drop()
})

const send = (payload: object, headers = {}) => app.inject({ method: 'POST', url: '/v1/events', headers, payload })
const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` }

/** Ends every connection to the database but the one that asks. */
const terminateAll = () =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(other.kysely)

test('DB-03: outlives the end of all its connections, idle and inside transactions', async () => {
  await send(impression())
  await terminateAll()
  expect((await send(impression())).statusCode).toBe(200)
  const many = Promise.all(Array.from({ length: 40 }, () => send({ events: mixedEvents(50) })))
  for (let i = 0; i < 5; i++) await terminateAll()
  expect((await many).map(({ statusCode }) => statusCode).filter((status) => status !== 200 && status !== 503)).toEqual(
    [],
  )
  expect((await send(impression())).statusCode).toBe(200)
  expect(await countersOffBy(other)).toEqual([])
})

test('DB-05: takes events while questions hold every connection of the stats', async () => {
  await send(impression())
  const holders = Array.from({ length: 4 }, () => sql`select pg_sleep(3.5)`.execute(db.stats))
  const askedAt = performance.now()
  const question = app.inject({ url: '/v1/stats/site', headers: asAdmin })
  const answer = await send(impression())
  expect([answer.statusCode, performance.now() - askedAt < 2_000]).toEqual([200, true])
  expect((await question).statusCode).toBe(503)
  await Promise.all(holders)
})

test('jobs may take longer than a question, on connections of their own', async () => {
  await expect(sql`select pg_sleep(4.5)`.execute(db.stats)).rejects.toMatchObject({ code: '57014' })
  await expect(sql`select pg_sleep(4.5)`.execute(db.jobs)).resolves.toBeDefined()
})

test.each(['40001', '40P01', '55P03', '57P01'])(
  'DB-09: %s from the database is tried again and never seen',
  async (code) => {
    await sql`create sequence tries`.execute(other.kysely)
    await sql`create function fail_twice() returns trigger language plpgsql as $$ begin
      if nextval('tries') <= 2 then raise exception 'not now' using errcode = ${sql.lit(code)}; end if;
      return new;
    end $$`.execute(other.kysely)
    await sql`create trigger fail_twice before insert on outcomes for each statement execute function fail_twice()`.execute(
      other.kysely,
    )
    expect((await send({ events: mixedEvents(20) })).json()).toMatchObject({ tracked: 20, duplicates: 0 })
    expect(await countRows(other, 'events')).toBe(20)
    expect(await countersOffBy(other)).toEqual([])
  },
)

test('DB-11: 5,000 events in one group are stored', async () => {
  const events = mixedEvents(5_000).map((event) => ({ ...event, metadata: undefined }))
  const answer = await send({ events }, asAdmin)
  expect([answer.statusCode, answer.json().tracked]).toEqual([200, 5_000])
  expect(await countersOffBy(other)).toEqual([])
})

test('DB-13: a lock on the table for longer than a request waits is a 503, and then all is well', async () => {
  await send(impression())
  const held = await holdLock()
  const startedAt = performance.now()
  const answer = await send(impression())
  expect([answer.statusCode, performance.now() - startedAt < 5_000]).toEqual([503, true])
  await held.release()
  await expect.poll(async () => (await send(impression())).statusCode, { timeout: 10_000 }).toBe(200)
  expect(await countersOffBy(other)).toEqual([])
})

async function holdLock(): Promise<{ release: () => Promise<void> }> {
  const held = await new Promise<{ free: () => void; transaction: Promise<void> }>((isHeld) => {
    const transaction: Promise<void> = other.kysely.transaction().execute(async (run) => {
      await sql`lock table events in access exclusive mode`.execute(run)
      await new Promise<void>((resolve) => isHeld({ free: resolve, transaction }))
    })
  })
  return {
    async release() {
      held.free()
      await held.transaction
    },
  }
}
