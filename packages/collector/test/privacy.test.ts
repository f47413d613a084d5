// Addresses and user agents serve for a hash and a word, and are written down nowhere.
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { openDatabase } from '../src/database/open-database'
import { destroyOldSalts } from '../src/identity/viewer-key'
import { endAllCollectors, startCollector } from './support/collector-process'
import { createPostgresDatabase, onBothDatabases } from './support/databases'
import { impression } from './support/events'

const ADDRESS = '203.0.113.77'
const USER_AGENT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) SecretBrowser/7.1'

afterEach(endAllCollectors)

test('no log line and no table holds an address, a user agent, a query or a body', async () => {
  const { url: databaseUrl, drop } = await createPostgresDatabase()
  const collector = await startCollector({
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'debug',
    TRUST_PROXY: 'loopback',
    JWT_SECRET: 'pX3v9Qm2Lr8Tz5Wk1Bn7Yd4Hc6Jf0Gs!',
  })
  const headers = {
    'x-forwarded-for': ADDRESS,
    'user-agent': USER_AGENT,
    referer: 'https://site.example/page?mail=me@example.com',
  }
  const event = impression({ source: 'body-marker', metadata: { note: 'meta-marker' } })
  const send = (body: string, extra: Record<string, string> = {}) =>
    fetch(`${collector.url}/v1/events?q=query-marker`, { method: 'POST', body, headers: { ...headers, ...extra } })
  const statuses = [
    (await send(JSON.stringify(event))).status,
    (await send('{"bad')).status,
    (await send(JSON.stringify(event), { authorization: 'Bearer token.mark.er' })).status,
    (await fetch(`${collector.url}/nowhere?q=query-marker`, { headers })).status,
  ]
  expect(statuses).toEqual([200, 400, 401, 404])

  const db = await openDatabase({ databaseUrl })
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db.kysely)
  let contents = ''
  for (const { name } of tables) {
    const { rows } = await sql`select t::text as line from ${sql.table(name)} t`.execute(db.kysely)
    contents += JSON.stringify(rows)
  }
  await db.close()
  collector.signal('SIGTERM')
  await collector.ended
  await drop()

  expect(contents).toContain('body-marker')
  const log = collector.output()
  expect(log.match(/"msg":"answered"/g)).toHaveLength(4)
  for (const secret of [ADDRESS, '203.0.113', 'SecretBrowser', 'query-marker', 'me@example.com', 'token.mark']) {
    expect(log).not.toContain(secret)
    expect(contents).not.toContain(secret)
  }
  for (const secret of ['body-marker', 'meta-marker']) expect(log).not.toContain(secret)
})

onBothDatabases('viewers', (database) => {
  const DAY_MS = 86_400_000
  const viewerOf = async (
    now: number,
    { address = ADDRESS, agent = USER_AGENT, body = {} }: { address?: string; agent?: string; body?: object } = {},
  ) => {
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent' }, now: () => now })
    const event = impression({ occurredAt: now })
    const payload = { ...body, events: [event] }
    const request = { method: 'POST', url: '/v1/events', headers: { 'user-agent': agent }, payload } as const
    expect((await app.inject({ ...request, remoteAddress: address })).json()).toMatchObject({ tracked: 1 })
    await app.close()
    const row = await database()
      .kysely.selectFrom('events')
      .selectAll()
      .where('event_id', '=', event.id ?? '')
      .executeTakeFirstOrThrow()
    return row.viewer_key
  }

  test('are the same within a day, also for a restarted collector, and others on the next', async () => {
    const now = Date.now()
    const [first, second, nextDay] = [await viewerOf(now), await viewerOf(now), await viewerOf(now + DAY_MS)]
    expect(second).toBe(first)
    expect(nextDay).not.toBe(first)
  })

  test('differ by network and by browser', async () => {
    const now = Date.now()
    const keys = [
      await viewerOf(now),
      await viewerOf(now, { address: '203.0.113.78' }),
      await viewerOf(now, { agent: 'Other/1.0' }),
    ]
    expect(new Set(keys).size).toBe(3)
  })

  test('are the same wherever they are when the site gave them an id', async () => {
    const now = Date.now()
    const body = { anonymousId: 'visitor-1' }
    const key = await viewerOf(now, { body })
    expect(await viewerOf(now + DAY_MS, { body, address: '198.51.100.1', agent: 'Other/1.0' })).toBe(key)
    expect(key).not.toBe(await viewerOf(now))
  })

  test('cannot be computed again after two days, because the salt is gone', async () => {
    const now = Date.now()
    for (const day of [0, 1, 2]) await viewerOf(now + day * DAY_MS)
    await destroyOldSalts(database(), now + 2 * DAY_MS)
    const salts = await database().kysely.selectFrom('salts').select('day').orderBy('day').execute()
    expect(salts.map(({ day }) => day)).toEqual(
      [1, 2].map((day) => new Date(now + day * DAY_MS).toISOString().slice(0, 10)),
    )
  })
})
