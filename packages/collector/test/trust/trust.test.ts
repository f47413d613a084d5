// What admins read to know whether the numbers can be trusted, held against the tables.
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import type { TrustReport } from '../../src/trust/shapes'
import { foresee } from '../../src/trust/trust-report'
import { utcDay } from '../../src/site-clock'
import { ADMIN_TOKEN, JWT_SECRET, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { impression, storedIds } from '../support/events'

const token = ADMIN_TOKEN

const seenAgo = (minutes: number) => impression({ occurredAt: Date.now() - minutes * 60_000 })

const readReport = async ({ call }: TestCollector) => {
  const answer = await call('GET', '/v1/trust', undefined, { token })
  expect(answer.statusCode).toBe(200)
  return answer.json<TrustReport>()
}

onBothDatabases('the report', (database) => {
  const build = useCollectors(database)
  afterEach(async () => {
    await sql`alter table events drop constraint if exists no_poison`.execute(database().kysely)
  })

  test('is for admins only', async () => {
    const { call } = await build()
    const moderator = await tokenOf('mo', { role: 'moderator' })
    const status = async (sending: object) => (await call('GET', '/v1/trust', undefined, sending)).statusCode
    expect(await status({})).toBe(401)
    expect(await status({ token: moderator })).toBe(403)
    expect(await status({ token })).toBe(200)
  })

  test('tells what became of every event, by day and reason', async () => {
    const collector = await build()
    const event = impression()
    await collector.post([event, impression(), impression({ type: 'Not a type' })])
    await collector.send([event])
    const { outcomes } = await readReport(collector)
    const today = utcDay(Date.now())
    expect(outcomes).toEqual([
      { day: today, outcome: 'duplicate', reason: '', count: 1 },
      { day: today, outcome: 'refused', reason: 'invalid_type', count: 1 },
      { day: today, outcome: 'tracked', reason: '', count: 2 },
    ])
  })

  test('finds the numbers that are missing inside a session, and none in one that is whole', async () => {
    const collector = await build()
    const [whole, torn] = ['0190aaaa-0000-7000-8000-000000000001', '0190aaaa-0000-7000-8000-000000000002']
    await collector.send([0, 1, 2, 3].map((seq) => impression({ sessionId: whole, seq })))
    await collector.send([3, 4, 9].map((seq) => impression({ sessionId: torn, seq })))
    const { sequences } = await readReport(collector)
    expect(sequences).toEqual([{ day: utcDay(Date.now()), sessions: 2, expected: 11, stored: 7 }])
  })

  test('tells of every day what its events take up, and what is in force without a secret', async () => {
    const collector = await build({ rawRetentionDays: 3 })
    await collector.send([impression()])
    const { storage, settings } = await readReport(collector)
    expect(storage.days.map(({ day }) => day)).toContain(utcDay(Date.now()))
    expect(storage.days.every(({ bytes }) => bytes > 0)).toBe(true)
    expect(storage.bytes).toBeGreaterThan(Math.max(...storage.days.map(({ bytes }) => bytes)))
    expect(settings).toContainEqual({ variable: 'RAW_RETENTION_DAYS', value: '3', isDefault: false })
    expect(settings).toContainEqual({ variable: 'JWT_SECRET', value: '(set)', isDefault: false })
    const text = JSON.stringify(settings)
    expect([text.includes(JWT_SECRET), text.includes(ADMIN_TOKEN)]).toEqual([false, false])
  })

  test('lists dead letters, and stores one or all of them again', async () => {
    await sql`alter table events add constraint no_poison check (view_type <> 'poison')`.execute(database().kysely)
    const collector = await build()
    const bad = [0, 1, 2].map(() => impression({ type: 'view', viewType: 'poison' }))
    await collector.post(bad)
    const { deadLetters } = await readReport(collector)
    expect(deadLetters.count).toBe(3)
    expect(deadLetters.items.map(({ id }) => id).toSorted()).toEqual(bad.map(({ id }) => id).toSorted())
    expect(deadLetters.items[0]?.code).toBe('23514')

    await sql`alter table events drop constraint no_poison`.execute(database().kysely)
    const replay = async (query = '') =>
      (await collector.call('POST', `/v1/trust/dead-letters/replay${query}`, undefined, { token })).json()
    expect(await replay(`?id=${bad[1]!.id}`)).toEqual({ stored: 1, duplicates: 0, refused: [] })
    expect(await storedIds(database())).toEqual([bad[1]!.id])
    expect((await readReport(collector)).deadLetters.count).toBe(2)
    expect(await replay()).toEqual({ stored: 2, duplicates: 0, refused: [] })
    expect((await readReport(collector)).deadLetters).toEqual({ count: 0, items: [] })
  })

  test('refuses to store again what is no letter', async () => {
    const { call } = await build()
    const answer = await call('POST', '/v1/trust/dead-letters/replay?id=1', undefined, { token })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error.message).toBe('Expected nothing, or id=<id of a dead letter>, got {"id":"1"}.')
  })

  test('who is there now are the different viewers of the last five minutes', async () => {
    const collector = await build()
    await collector.send([seenAgo(0), seenAgo(1)], { token: await tokenOf('ada') })
    await collector.send([seenAgo(4)], { token: await tokenOf('bob') })
    await collector.send([seenAgo(6)], { token: await tokenOf('eve') })
    const answer = await collector.call('GET', '/v1/now', undefined, { token })
    expect(answer.json()).toMatchObject({ viewers: 2, windowMs: 300_000 })
  })
})

describe('days left', () => {
  const empty = [
    { day: '2025-03-11', bytes: 10 },
    { day: null, bytes: 500 },
  ]
  const days = [
    ...empty,
    { day: '2025-03-10', bytes: 40 },
    { day: '2025-03-09', bytes: 120 },
    { day: '2025-03-08', bytes: 80 },
  ]
  const today = '2025-03-10'

  test('come from the mean of the full days and the free disk', () => {
    expect(foresee(days, { today, rawRetentionDays: 30, freeBytes: 1_050 })).toEqual({ bytesPerDay: 100, daysLeft: 10 })
  })

  test('have no end where old days make room before the disk is full', () => {
    expect(foresee(days, { today, rawRetentionDays: 7, freeBytes: 1_050 }).daysLeft).toBeNull()
  })

  test('are not told before the first full day, or where the disk cannot be seen', () => {
    expect(foresee(empty, { today, rawRetentionDays: 7, freeBytes: 5 })).toEqual({ bytesPerDay: null, daysLeft: null })
    expect(foresee(days, { today, rawRetentionDays: 30, freeBytes: null }).daysLeft).toBeNull()
  })
})
