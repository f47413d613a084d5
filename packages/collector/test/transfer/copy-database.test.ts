// From the embedded database to PostgreSQL: every row of every table, once, however often the copy is stopped.
import { openAsBlob } from 'node:fs'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { migrate } from '../../src/database/migrate'
import { openDatabase, type Database } from '../../src/database/open-database'
import { copyDatabase, CopyRefused } from '../../src/transfer/copy-database'
import { ADMIN_TOKEN, tokenOf, useCollectors } from '../support/collectors'
import { createPostgresDatabase } from '../support/databases'
import { mixedEvents } from '../support/events'
import { runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000

let from: Database
let to: Database
let drop: () => Promise<void>
beforeAll(async () => {
  from = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  await fillSource()
})
afterAll(() => from.close())
beforeEach(async () => {
  const target = await createPostgresDatabase()
  drop = target.drop
  to = await openDatabase({ databaseUrl: target.url })
  await migrate(to)
})
afterEach(async () => {
  await to.close()
  await drop()
})

const build = useCollectors(() => from)
const copy = (more: Partial<Parameters<typeof copyDatabase>[0]> = {}) =>
  copyDatabase({ from, to, sourceId: 'this', rowsAtOnce: 100, ...more })

/** Rows in every table that has a life of its own; also what the days after need: closed days, an erasure, a dead letter. */
async function fillSource(): Promise<void> {
  const { app, call, send, register } = await build({ networkEventsPerSecond: 0, trending: true, memory: true })
  const asUser = { token: await tokenOf('ada') }
  await register('1', { ownerId: 'grace', durationMs: 9_000, title: 'Größe \\ "x"' })
  for (let batch = 0; batch < 6; batch++) await send(mixedEvents(100), batch % 2 === 0 ? asUser : {})
  await call('PUT', '/v1/me/opt-out', undefined, { headers: { 'sightline-anonymous-id': 'nobody-knows' } })
  await call('POST', '/v1/shares', { scope: 'content', content: { type: 'post', id: '1' } }, { token: ADMIN_TOKEN })
  await call('DELETE', '/v1/users/linus', undefined, { token: ADMIN_TOKEN })
  await sql`insert into dead_letters values (gen_random_uuid(), now(), 9223372036854775807, null, '23514', 'm', '{}', '{}')`.execute(
    from.kysely,
  )
  // Its jobs write down when they ran.
  await app.close()
  await runJobNow(from, 'close-days', { now: Date.now() + DAY_MS })
}

async function contentsOf({ kysely }: Database): Promise<Record<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
      and relnamespace = current_schema()::regnamespace and relname not like 'kysely%' order by 1`.execute(kysely)
  const contents: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ n: number; digest: string }>`
      select count(*)::int as n, md5(coalesce(string_agg(row, '|' order by row collate "C"), '')) as digest
      from (select each::text as row from ${sql.table(name)} as each) as all_rows`.execute(kysely)
    contents[name] = `${rows[0]?.n} ${rows[0]?.digest}`
  }
  return contents
}

test('copies every row of every table as it is', async () => {
  const copied = await copy()
  const [before, after] = [await contentsOf(from), await contentsOf(to)]
  expect(after).toEqual(before)
  const filled = Object.entries(before).filter(([, content]) => !content.startsWith('0 '))
  expect(filled.length).toBeGreaterThan(15)
  expect([copied?.events, copied?.share_links]).toEqual([600, 1])
})

test('goes on where it was, after it was stopped at every page', async () => {
  let attempts = 0
  let last = 0
  for (;;) {
    attempts++
    const abort = new AbortController()
    const start = last
    const result = await copy({
      signal: abort.signal,
      onProgress(done) {
        if (done > start) abort.abort()
        last = done
      },
    })
    if (result) break
    expect(last).toBeGreaterThan(start)
  }
  expect(attempts).toBeGreaterThan(8)
  expect(await contentsOf(to)).toEqual(await contentsOf(from))
})

test('begins anew when the source was written to in between', async () => {
  const abort = new AbortController()
  await copy({ signal: abort.signal, onProgress: (done) => done > 300 && abort.abort() })
  await sql`update content_hours set count = count + 1`.execute(from.kysely)
  const told: number[] = []
  await copy({ onProgress: (done) => told.push(done) })
  expect(told[0]).toBe(0)
  expect(await contentsOf(to)).toEqual(await contentsOf(from))
})

test('refuses a target that holds anything, and changes nothing there', async () => {
  await sql`insert into opt_outs values (7, now())`.execute(to.kysely)
  const before = await contentsOf(to)
  await expect(copy()).rejects.toThrow(/must be empty, but it holds rows in opt_outs/)
  expect(await contentsOf(to)).toEqual(before)
})

test('refuses a target with the unfinished copy of another directory', async () => {
  const abort = new AbortController()
  await copy({ sourceId: 'other', signal: abort.signal, onProgress: (done) => done > 0 && abort.abort() })
  await expect(copy()).rejects.toThrow(CopyRefused)
})

test('refuses to call a copy complete that something else wrote to', async () => {
  const write = sql`insert into opt_outs values (7, now())`
  let hasWritten = false
  const intrude = copy({
    async onProgress() {
      if (!hasWritten) await write.execute(to.kysely)
      hasWritten = true
    },
  })
  await expect(intrude).rejects.toThrow(/opt_outs has 1 rows in the source and 2 in the target/)
})
