// A database that acknowledges before its disk has it is refused, or accepted by a setting that names the risk.
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { ConfigError } from '../src/config'
import { openDatabase, type Database } from '../src/database/open-database'
import { endAllCollectors, runCli } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'

let url: string
let drop: () => Promise<void>
const opened: Database[] = []

beforeEach(async () => void ({ url, drop } = await createPostgresDatabase()))
afterEach(async () => {
  endAllCollectors()
  for (const db of opened.splice(0)) await db.close()
  await drop()
})

async function open(): Promise<Database> {
  const db = await openDatabase({ databaseUrl: url })
  opened.push(db)
  return db
}

/** For connections that are opened from now on. */
async function relax(setting = 'off') {
  const db = await openDatabase({ databaseUrl: url })
  const name = new URL(url).pathname.slice(1)
  await sql`alter database ${sql.ref(name)} set synchronous_commit = ${sql.raw(setting)}`.execute(db.kysely)
  await db.close()
}

test('does not start on synchronous_commit = off, and names the setting', async () => {
  await relax()
  const started = buildCollector({ db: await open(), config: { logLevel: 'silent' } })
  await expect(started).rejects.toThrow(ConfigError)
  await expect(started).rejects.toThrow(/synchronous_commit = off.*ALLOW_LOSS_ON_POWER_CUT=true/)
})

test('the command ends with 78 and one line', async () => {
  await relax()
  const { ended, output } = runCli(['start', '--port', '0'], { DATABASE_URL: url, LOG_LEVEL: 'silent' })
  expect(await ended).toBe(78)
  expect(output().trim().split('\n')).toEqual([expect.stringContaining('synchronous_commit = off')])
})

test.each(['on', 'local', 'remote_write', 'remote_apply'])('starts on synchronous_commit = %s', async (setting) => {
  await relax(setting)
  const app = await buildCollector({ db: await open(), config: { logLevel: 'silent' } })
  const answer = await app.inject('/readyz')
  await app.close()
  expect([answer.statusCode, answer.json().durability]).toEqual([200, 'power'])
})

test('starts all the same when the loss is accepted, and says so in /readyz', async () => {
  await relax()
  const app = await buildCollector({ db: await open(), config: { logLevel: 'silent', allowLossOnPowerCut: true } })
  const answer = await app.inject('/readyz')
  await app.close()
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { ready: true, durability: 'process' }])
})

test('is no longer ready when the setting is turned off while it runs', async () => {
  const db = await openDatabase({ databaseUrl: url, pools: { ingest: 1 } })
  opened.push(db)
  const app = await buildCollector({ db, config: { logLevel: 'silent' } })
  await sql`set synchronous_commit = off`.execute(db.kysely)
  const answer = await app.inject('/readyz')
  await app.close()
  expect([answer.statusCode, answer.json()]).toMatchObject([
    503,
    { ready: false, durability: 'process', reason: expect.stringContaining('synchronous_commit = off') },
  ])
})
