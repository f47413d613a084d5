import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { fill } from '../../src/demo/fill'
import { nameContent } from '../../src/demo/name-content'
import { demoPosts } from '../../src/demo/posts'
import { drawVisits } from '../../src/demo/sample-days'
import { createSiteClock } from '../../src/site-clock'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, countRows } from '../support/events'

// In the evening, so that two days hold enough to be stopped in the middle. Tokens and the collector go by it too.
const now = () => Date.parse('Thu, 05 Feb 2026 20:00:00 GMT')
const jwtSecret = 'b7Qm2vXr9LwT4zKc8NpY1sDf6GhJ3aEu'
const visits = drawVisits(demoPosts, { seed: '1', days: 2 }, createSiteClock('UTC'), now())
const total = visits.reduce((sum, { events }) => sum + events.length, 0)

onBothDatabases('filling with sample data', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    const config = { jwtSecret, logLevel: 'silent', rawRetentionDays: 31 } as const
    app = await buildCollector({ db: database(), config, now })
  })
  afterEach(() => app.close())

  const fillAll = (signal = new AbortController().signal, onProgress = (_stored: number) => {}) =>
    fill(visits, { app, jwtSecret, signal, now, onProgress })

  test('stores every event through the public API, and again changes nothing', async () => {
    await fillAll()
    await fillAll()
    expect(await countRows(database(), 'events')).toBe(total)
    expect(await countersOffBy(database())).toEqual([])
  })

  test('leaves the past in the past', async () => {
    await fillAll()
    const happened = database()
      .kysely.selectFrom('events')
      .select(({ fn }) => fn.min('occurred_at').as('first'))
    const first = Math.min(...visits.flatMap(({ events }) => events.map(({ occurredAt = 0 }) => occurredAt)))
    expect((await happened.executeTakeFirstOrThrow()).first).toEqual(new Date(first))
  })

  test('tells how far it is, up to the last event', async () => {
    const told: number[] = []
    await fillAll(undefined, (stored) => told.push(stored))
    expect(told.at(-1)).toBe(total)
    expect(told.every((stored, index) => index === 0 || stored > told[index - 1]!)).toBe(true)
  })

  test('stops when it is told to', async () => {
    const abort = new AbortController()
    await expect(fillAll(abort.signal, () => abort.abort())).rejects.toThrow('aborted')
    expect(await countRows(database(), 'events')).toBeLessThan(total)
  })

  test('fails with the collector’s own sentence when something is not stored', async () => {
    const broken = visits.map((visit) => ({
      ...visit,
      events: visit.events.map((event) => ({ ...event, type: 'Not a type' })),
    }))
    const signal = new AbortController().signal
    await expect(fill(broken, { app, jwtSecret, signal, now, onProgress() {} })).rejects.toThrow(
      /\(400\).*invalid_type/,
    )
  })

  test('gives the cards their titles, before or after they were seen', async () => {
    await nameContent(database().kysely, demoPosts)
    await fillAll()
    await nameContent(database().kysely, demoPosts)
    const named = database().kysely.selectFrom('content').select(['id', 'title']).where('type', '<>', 'page')
    const titles = new Map((await named.execute()).map(({ id, title }) => [id, title]))
    expect(titles).toEqual(new Map(demoPosts.map(({ id, title }) => [id, title])))
  })
})
