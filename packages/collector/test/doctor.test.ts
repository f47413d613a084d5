// Every mistake of a set-up that the doctor knows: planted, found, and gone after its remedy.
import { createServer, request as forward } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { migrate } from '../src/database/migrate'
import { openDatabase, type Database } from '../src/database/open-database'
import { examineDatabase } from '../src/doctor/examine-database'
import type { Finding } from '../src/doctor/finding'
import { ensurePartitions } from '../src/retention/partitions'
import { endAllCollectors, runCli, startCollector } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'

const ADMIN_TOKEN = 'b7e1c4d2a9f0483e9c55d1a6f3027e84'
const cleanUps: (() => unknown)[] = []
let databaseUrl: string

beforeEach(async () => {
  const { url, drop } = await createPostgresDatabase()
  databaseUrl = url
  cleanUps.push(drop)
})
afterEach(async () => {
  endAllCollectors()
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

interface Report {
  code: number | NodeJS.Signals
  findings: Finding[]
}

async function doctor(env: Record<string, string> = {}, argv: string[] = []): Promise<Report> {
  const { ended, output } = runCli(['doctor', '--json', ...argv], { DATABASE_URL: databaseUrl, ...env })
  const code = await ended
  return { code, findings: (JSON.parse(output()) as { findings: Finding[] }).findings }
}

const finding = ({ findings }: Report, check: string) => findings.find((each) => each.check === check)
const stateOf = (report: Report, check: string) => finding(report, check)?.state

async function withDatabase(act: (db: Database) => Promise<unknown>): Promise<void> {
  const db = await openDatabase({ databaseUrl })
  try {
    await act(db)
  } finally {
    await db.close()
  }
}

const alter = (setting: string) => () =>
  withDatabase(({ kysely }) =>
    sql`alter database ${sql.ref(new URL(databaseUrl).pathname.slice(1))} ${sql.raw(setting)}`.execute(kysely),
  )

describe('a database', () => {
  test('that does not answer is found, and its other checks are left out', async () => {
    const sick = await doctor({ DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' })
    expect([sick.code, stateOf(sick, 'database'), stateOf(sick, 'disk')]).toEqual([1, 'problem', undefined])
    expect(finding(sick, 'database')?.remedy).toContain('DATABASE_URL')
    expect(stateOf(await doctor(), 'database')).toBe('ok')
  })

  test('without tables is found, until it is migrated', async () => {
    const sick = await doctor()
    expect(finding(sick, 'tables')).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining('sightline migrate'),
    })
    await runCli(['migrate'], { DATABASE_URL: databaseUrl }).ended
    expect(stateOf(await doctor(), 'tables')).toBe('ok')
  })

  test.each([
    ['takes no writes', 'write probe', 'set default_transaction_read_only = on', 'reset default_transaction_read_only'],
    ['answers before its disk has it', 'durability', 'set synchronous_commit = off', 'set synchronous_commit = on'],
  ])('that %s is found', async (_name, check, plant, remedy) => {
    await withDatabase(migrate)
    await alter(plant)()
    expect(stateOf(await doctor(), check)).toBe('problem')
    await withDatabase(({ kysely }) =>
      kysely.transaction().execute(async (trx) => {
        await sql`set transaction read write`.execute(trx)
        await sql`alter database ${sql.ref(new URL(databaseUrl).pathname.slice(1))} ${sql.raw(remedy)}`.execute(trx)
      }),
    )
    expect(stateOf(await doctor(), check)).toBe('ok')
  })

  test('without a partition for today is found, until a collector runs', async () => {
    await withDatabase(migrate)
    expect(stateOf(await doctor(), 'partitions')).toBe('problem')
    await startCollector({ DATABASE_URL: databaseUrl })
    expect(stateOf(await doctor(), 'partitions')).toBe('ok')
  })
})

/** What only an hour or a year of running would bring about, on a database in memory. */
async function examine(check: string, plant: (db: Database) => Promise<unknown>, shiftMs = 0) {
  const dataDir = mkdtempSync(join(tmpdir(), 'doctor-'))
  const db = await openDatabase({ memory: true })
  cleanUps.push(() => rmSync(dataDir, { recursive: true }))
  try {
    await migrate(db)
    await ensurePartitions(db, 1, Date.now())
    await plant(db)
    const findings = await examineDatabase({
      kysely: db.kysely,
      kind: db.kind,
      dataDir,
      pendingMigrations: async () => [],
      now: () => Date.now() + shiftMs,
    })
    return findings.find((each) => each.check === check)
  } finally {
    await db.close()
  }
}

const trackedPerDay = (count: string) => (db: Database) =>
  db.kysely
    .insertInto('outcomes')
    .values({ day: new Date().toISOString().slice(0, 10), outcome: 'tracked', reason: '', count } as never)
    .execute()

describe('examined', () => {
  test.each([
    [2 * 60_000, 'problem'],
    [30_000, 'warning'],
    [0, 'ok'],
  ])('with a clock that is %i ms off, it finds: %s', async (shiftMs, state) => {
    expect((await examine('clock', async () => {}, shiftMs))?.state).toBe(state)
  })

  test.each([
    ['1000000000000000', 'problem'],
    ['70', 'ok'],
  ])('with %s events in a week, it finds of its disk: %s', async (count, state) => {
    const disk = await examine('disk', trackedPerDay(count))
    expect(disk?.state).toBe(state)
    expect(disk?.found).toMatch(/MiB free, .* events a day: enough for [\d,]+ days/)
  })
})

describe('names', () => {
  test.each(['analytics.js', 'my-tracker.js', 'stats.js'])('such as %s are found', async (name) => {
    expect(finding(await doctor({ SCRIPT_NAME: name }), 'content blockers')).toMatchObject({
      state: 'warning',
      remedy: expect.stringContaining('SCRIPT_NAME'),
    })
  })

  test('of the collector itself are found, and what the remedy proposes is not', async () => {
    const named = await doctor({}, ['--url', 'http://127.0.0.1:9/collect'])
    expect(finding(named, 'content blockers')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('"collect"'),
    })
    const renamed = await doctor({ SCRIPT_NAME: 'app-notes.js' }, ['--url', 'http://127.0.0.1:9/notes'])
    expect(stateOf(renamed, 'content blockers')).toBe('ok')
  })
})

describe('at its address', () => {
  test('a collector that does not run is found', async () => {
    const sick = await doctor({}, ['--url', 'http://127.0.0.1:47999'])
    expect(finding(sick, 'collector')).toMatchObject({
      state: 'problem',
      found: expect.stringContaining('ECONNREFUSED'),
    })
    const { url } = await startCollector({ DATABASE_URL: databaseUrl })
    expect(stateOf(await doctor({}, ['--url', url]), 'collector')).toBe('ok')
  })

  test('a site that may not send is found', async () => {
    const origin = 'https://www.example.com'
    const closed = await startCollector({ DATABASE_URL: databaseUrl, ALLOWED_ORIGINS: 'https://other.example' })
    const sick = await doctor({}, ['--url', closed.url, '--origin', origin])
    expect(finding(sick, 'cross-origin')).toMatchObject({ state: 'problem', remedy: expect.stringContaining(origin) })
    const open = await startCollector({ DATABASE_URL: databaseUrl, ALLOWED_ORIGINS: `https://other.example,${origin}` })
    expect(stateOf(await doctor({}, ['--url', open.url, '--origin', origin]), 'cross-origin')).toBe('ok')
  })

  test('a proxy that nobody trusts is found, with the setting that names it', async () => {
    const env = { DATABASE_URL: databaseUrl, ADMIN_TOKEN }
    const behind = async (settings: Record<string, string>) => {
      const collector = await startCollector({ ...env, ...settings })
      return doctor({ ADMIN_TOKEN }, ['--url', await openProxy(collector.url)])
    }
    const sick = await behind({})
    expect(finding(sick, 'client address')).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining('TRUST_PROXY=127.0.0.1'),
    })
    expect(finding(await behind({ TRUST_PROXY: '127.0.0.1' }), 'client address')).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('203.0.113.7'),
    })
  })

  test('another admin token than the collector’s is found', async () => {
    const { url } = await startCollector({ DATABASE_URL: databaseUrl, ADMIN_TOKEN })
    const sick = await doctor({ ADMIN_TOKEN: 'another-one-of-thirty-two-characters' }, ['--url', url])
    expect(finding(sick, 'client address')).toMatchObject({
      state: 'problem',
      remedy: expect.stringContaining('token create'),
    })
  })

  test('what is not the collector is found', async () => {
    const sick = await doctor({}, [
      '--url',
      await openServer((_request, response) => response.writeHead(404).end('no')),
    ])
    expect(finding(sick, 'collector')).toMatchObject({ state: 'problem', found: expect.stringContaining('404') })
  })
})

test('metrics that everybody can read are found', async () => {
  const { findings } = await doctor({ HOST: '0.0.0.0' })
  expect(findings.find(({ check }) => check === 'metrics')).toMatchObject({
    state: 'warning',
    remedy: 'Set METRICS_TOKEN.',
  })
})

test('a data directory that a collector has is left to it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'doctor-'))
  cleanUps.push(() => rmSync(dataDir, { recursive: true }))
  const { url } = await startCollector({ DATA_DIR: dataDir })
  const { ended, output } = runCli(['doctor', '--url', url], { DATA_DIR: dataDir })
  expect(await ended).toBe(0)
  expect(output()).toMatch(/in use by process[^]*is ready/)
})

test('an address that is none ends with 2 and a sentence', async () => {
  const { ended, output } = runCli(['doctor', '--url', 'collect.example.com'])
  expect([await ended, output().trim()]).toEqual([
    2,
    'sightline: --url must be an address that begins with https://, got "collect.example.com".',
  ])
})

type Handler = Parameters<typeof createServer>[1]

async function openServer(handler: NonNullable<Handler>): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** A proxy as people have it: it tells whose request it passes on. */
function openProxy(target: string): Promise<string> {
  return openServer((incoming, response) => {
    const headers = { ...incoming.headers, 'x-forwarded-for': '203.0.113.7' }
    const outgoing = forward(`${target}${incoming.url}`, { method: incoming.method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
}
