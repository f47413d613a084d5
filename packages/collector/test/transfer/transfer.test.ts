// All events leave as NDJSON or CSV and come back: the same events, the same counters, however often.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { openDatabase, type Database } from '../../src/database/open-database'
import { createImporter } from '../../src/import-events'
import { mintId } from '../../src/ingest/event-id'
import { createSiteClock } from '../../src/site-clock'
import { readExport } from '../../src/transfer/read-export'
import { ADMIN_TOKEN, about, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { runCli } from '../support/collector-process'
import { createPostgresDatabase, emptyTables, onBothDatabases } from '../support/databases'
import { countersOffBy, impression, mixedEvents, storedIds } from '../support/events'
import { runJobNow } from '../support/run-job'

const DAY_MS = 86_400_000
const TYPES = ['ndjson', 'csv'] as const

async function* piecesOf(text: string, size = 1_000): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

async function importText(db: Database, text: string, now = Date.now()) {
  const importer = createImporter({
    db,
    clock: createSiteClock('UTC'),
    config: { viewDedupeMs: 300_000 },
    now: () => now,
  })
  const problems: string[] = []
  for await (const read of readExport(piecesOf(text))) {
    if ('problem' in read) problems.push(`${read.line}: ${read.problem}`)
    else await importer.add(read.event, read.line)
  }
  return { ...(await importer.finish()), problems }
}

/** What the numbers are made of, and the lists of viewers. */
async function numbers({ kysely }: Database): Promise<unknown> {
  const tables = ['content_hours', 'positions', 'recent_views', 'event_log']
  const rows = tables.map(
    async (table) =>
      (await sql<{ line: string }>`select t::text as line from ${sql.table(table)} t order by 1`.execute(kysely)).rows,
  )
  return Promise.all(rows)
}

const download = async ({ call }: TestCollector, query = '') =>
  (await call('GET', `/v1/export${query}`, undefined, { token: ADMIN_TOKEN })).body

async function fill({ send, register }: TestCollector) {
  await register('own', { ownerId: 'ada' })
  const hostile = ['=1+1', '@sum', '-2', '+3', "'quoted", '\ttab', 'a,b', 'say "x"', 'two\r\nlines', '', 'ümlaut 🎈']
  await send(mixedEvents(90), { token: await tokenOf('ada') })
  await send(
    hostile.map((text) =>
      about(text === '' ? 'empty' : text, {
        type: 'view',
        source: text || undefined,
        metadata: { text, '=key': text },
      }),
    ),
  )
  await send([about('own', { type: 'view', durationMs: 9 }), about('1', { type: 'view', durationMs: 900 })], {
    token: await tokenOf('ada'),
  })
  await send([about('1', { type: 'view', durationMs: 700 })], { token: await tokenOf('ada') })
  await send([
    impression({
      ratio: 0.51,
      criteria: { threshold: 0.5, minDurationMs: 1_000 },
      rule: 'oversize',
      confirmLagMs: 12,
      sessionId: mintId(Date.now()),
      seq: 0,
    }),
    impression({
      type: 'watch',
      durationMs: 4_200,
      mediaDurationMs: 9_000,
      completed: true,
      endReason: 'ended',
      pipMs: 5,
    }),
    impression({ id: '019cd4f3-8bdc-4abc-8def-0123456789ab', scrollDepth: 100, totalMs: 5, stallMs: 1 }),
  ])
  await send([impression()], {
    headers: { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)', 'sec-gpc': '1' },
  })
}

const idsIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)

onBothDatabases('export and import', (database) => {
  const build = useCollectors(database)

  test.each(TYPES)('%s: importing an export reproduces every event and every counter, twice too', async (format) => {
    const collector = await build()
    await fill(collector)
    const text = await download(collector, `?format=${format}`)
    const [before, ids] = [await numbers(database()), await storedIds(database())]
    await emptyTables(database())
    expect(await importText(database(), text)).toMatchObject({
      stored: ids.length,
      uncounted: 0,
      duplicates: 0,
      erased: 0,
      refused: [],
      problems: [],
    })
    expect(await numbers(database())).toEqual(before)
    expect(await countersOffBy(database())).toEqual([])
    expect(await importText(database(), text)).toMatchObject({ stored: 0, duplicates: ids.length })
    expect(await numbers(database())).toEqual(before)
    expect((await download(collector, `?format=${format}`)).split('\n').toSorted()).toEqual(text.split('\n').toSorted())
  })

  test('an import into the collector that exported it changes nothing', async () => {
    const collector = await build()
    await fill(collector)
    const before = await numbers(database())
    expect(await importText(database(), await download(collector))).toMatchObject({ stored: 0, refused: [] })
    expect(await numbers(database())).toEqual(before)
  })

  test('events of long ago come back under their own day, and can be closed and dropped', async () => {
    const now = Date.now()
    const { send, app } = await build({}, () => now - 60 * DAY_MS)
    const old = now - 60 * DAY_MS
    await send([about('1', { id: mintId(old), occurredAt: old, type: 'click' })])
    const exporting = await app.inject({
      method: 'GET',
      url: '/v1/export',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    const before = await numbers(database())
    await emptyTables(database())
    expect(await importText(database(), exporting.body, now)).toMatchObject({ stored: 1, uncounted: 0 })
    expect(await numbers(database())).toEqual(before)
    // Now the day is dropped, and what comes again is stored and does not count.
    const day = new Date(old).toISOString().slice(0, 10)
    await sql`insert into closed_days values (${day}::date, now(), now(), 1, 0, '{}')`.execute(database().kysely)
    await runJobNow(database(), 'raw-events', { now })
    expect(await importText(database(), exporting.body, now)).toMatchObject({ stored: 1, uncounted: 1 })
    expect(await importText(database(), exporting.body, now)).toMatchObject({ stored: 0, duplicates: 1 })
    const hours = await database().kysely.selectFrom('content_hours').select('count').execute()
    expect(hours).toEqual([{ count: '1' }])
  })

  test('nobody comes back who was erased', async () => {
    const collector = await build()
    await collector.send([impression()], { token: await tokenOf('ursula') })
    await collector.send([impression()], { token: await tokenOf('bob') })
    const text = await download(collector)
    await collector.call('DELETE', '/v1/me', undefined, { token: await tokenOf('ursula') })
    await runJobNow(database(), 'erasures', { now: Date.now() + 60_000 })
    expect(await importText(database(), text)).toMatchObject({ stored: 0, duplicates: 1, erased: 1 })
  })

  test('is exact over many pages, and of a span of time only what happened in it', async () => {
    const { send, ...rest } = await build({ networkEventsPerSecond: 0 })
    const [from, to] = [Date.now() - 3_600_000, Date.now() - 1_800_000]
    for (let batch = 0; batch < 26; batch++) {
      await send(Array.from({ length: 100 }, (_, at) => about(String(at), { occurredAt: batch % 2 ? from : to })))
    }
    const all = idsIn(await download({ send, ...rest }))
    expect(all.toSorted()).toEqual(await storedIds(database()))
    const query = `?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`
    expect(idsIn(await download({ send, ...rest }, query))).toHaveLength(1_300)
  })

  describe('CSV', () => {
    test('holds no cell that a spreadsheet would calculate', async () => {
      const collector = await build()
      await fill(collector)
      const text = await download(collector, '?format=csv')
      const cells = text.split(/[,\n]/).map((cell) => cell.replace(/^"/, ''))
      expect(cells.filter((cell) => /^[=+@\t]|^-(?!\d+$)/.test(cell))).toEqual([])
      expect(text).toContain("'=1+1")
    })
  })

  test('refuses what it does not know', async () => {
    const { call } = await build()
    const status = async (query: string) =>
      (await call('GET', `/v1/export${query}`, undefined, { token: ADMIN_TOKEN })).statusCode
    expect([await status('?format=xml'), await status('?from=yesterday'), await status('?limit=5')]).toEqual([
      400, 400, 400,
    ])
  })

  test('a line that is no event fails alone, with its number and a reason', async () => {
    const collector = await build()
    await collector.send([impression(), impression()])
    const [first = '', second = ''] = (await download(collector)).trimEnd().split('\n')
    await emptyTables(database())
    const text = [
      first,
      '{"id":',
      '{"id":"x","type":"like"}',
      second.replace('"counted":true', '"counted":true,"admin":1'),
      second,
    ].join('\n')
    const { stored, problems } = await importText(database(), text)
    expect(stored).toBe(2)
    expect(problems).toEqual(['2: expected JSON', expect.stringMatching(/^3: /), expect.stringMatching(/^4: .*admin/)])
  })

  test('a file that is no export is refused as a whole', async () => {
    await expect(importText(database(), 'name,mail\r\nx,y\r\n')).rejects.toThrow('Expected the header of an export')
    await expect(importText(database(), `{"id":"${'x'.repeat(300_000)}`)).rejects.toThrow('at most 262144 characters')
  })
})

const run = async (url: string, ...argv: string[]) => {
  const cli = runCli(argv, { DATABASE_URL: url })
  return { code: await cli.ended, output: cli.output() }
}

test('the commands write a file, read it into another database, and say what became of it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-transfer-'))
  const [from, to] = [await createPostgresDatabase(), await createPostgresDatabase()]
  try {
    const file = join(dir, 'events.csv')
    expect(await run(from.url, 'export', file)).toEqual({
      code: 0,
      output: expect.stringMatching(/^0 events written to \S+events\.csv \(0\.\d s, 0\/s\)\n$/),
    })
    expect(await run(from.url, 'export', file, '--quiet')).toEqual({ code: 0, output: '' })
    expect((await readFile(file, 'utf8')).startsWith('id,type,contentType')).toBe(true)
    const event = {
      id: mintId(Date.now()),
      type: 'click',
      contentType: 'post',
      contentId: '1',
      viewerKey: '5',
      channel: 'api',
      device: 'mobile',
      counted: true,
      flags: 0,
    }
    const at = new Date().toISOString()
    await writeFile(file, JSON.stringify({ ...event, occurredAt: at, receivedAt: at }))
    expect(await run(from.url, 'import', file)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Stored 1 event;'),
    })
    const ndjson = join(dir, 'events.ndjson')
    const told = JSON.parse((await run(from.url, 'export', ndjson, '--json')).output) as object
    expect(told).toEqual({ file: ndjson, format: 'ndjson', events: 1, bytes: (await readFile(ndjson)).length })
    expect(await run(to.url, 'import', ndjson)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Stored 1 event;'),
    })
    expect(await run(to.url, 'import', ndjson)).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 had been stored before'),
    })
    expect(await run(to.url, 'import', ndjson, '--quiet')).toEqual({ code: 0, output: '' })
    expect(JSON.parse((await run(to.url, 'import', ndjson, '--json')).output)).toMatchObject({
      file: ndjson,
      events: 1,
      problems: 0,
      stored: 0,
      duplicates: 1,
    })
    expect((await run(to.url, 'export', '--json')).code).toBe(2)
    expect(await run(to.url, 'import', join(dir, 'none'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('there is no file'),
    })
    expect((await run(to.url, 'import')).code).toBe(2)
    expect((await run(to.url, 'export', '--format', 'xml')).code).toBe(2)
    const db = await openDatabase({ databaseUrl: to.url })
    expect(await storedIds(db)).toEqual([event.id])
    await db.close()
  } finally {
    await Promise.all([from.drop(), to.drop()])
    await rm(dir, { recursive: true, force: true })
  }
})
