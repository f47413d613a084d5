// The database goes away and comes back; nobody is told that something was stored when it was not.
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { openDatabase, type Database } from '../src/database/open-database'
import { createPostgresDatabase } from './support/databases'
import { proxyTo, type CuttableProxy } from './support/cuttable-proxy'
import { countersOffBy, countRows, impression, mixedEvents, outcomes, storedIds } from './support/events'

let cable: CuttableProxy
let behindCable: Database
let direct: Database
let app: FastifyInstance | undefined
let drop: () => Promise<void>

beforeEach(async () => {
  const database = await createPostgresDatabase()
  drop = database.drop
  cable = await proxyTo(database.url)
  behindCable = await openDatabase({ databaseUrl: cable.url })
  direct = await openDatabase({ databaseUrl: database.url })
})
afterEach(async () => {
  await app?.close()
  app = undefined
  await behindCable.close()
  await direct.close()
  await cable.close()
  await drop()
})

const start = (maxWaitMs = 10_000) => buildCollector({ db: behindCable, config: { logLevel: 'silent', maxWaitMs } })
const send = (collector: FastifyInstance, payload: object) =>
  collector.inject({ method: 'POST', url: '/v1/events', headers: { origin: 'https://a.example' }, payload })
const readyz = async (collector: FastifyInstance) => {
  const answer = await collector.inject('/readyz')
  return { status: answer.statusCode, ...answer.json<{ ready: boolean; reason?: string }>() }
}

test('starts without a database, answers 503 and recovers by itself', async () => {
  cable.pullOut()
  app = await start()
  const answer = await send(app, impression())
  expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'starting'])
  expect(answer.headers).toMatchObject({
    'retry-after': expect.stringMatching(/^[1-5]$/),
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'retry-after',
  })
  expect(await readyz(app)).toMatchObject({ status: 503, ready: false, reason: expect.stringMatching(/\.$/) })
  expect((await app.inject('/healthz')).statusCode).toBe(200)

  cable.plugIn()
  const running = app
  await expect.poll(async () => (await readyz(running)).status, { timeout: 10_000 }).toBe(200)
  expect((await send(app, impression())).json()).toMatchObject({ tracked: 1 })
})

test('answers 503 when the database stays away, and stores the same batch when it is back', async () => {
  app = await start(400)
  const payload = { events: mixedEvents(20) }
  await send(app, impression())
  cable.pullOut()
  const answer = await send(app, payload)
  expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'unavailable'])
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  cable.plugIn()
  expect((await send(app, payload)).json()).toMatchObject({ tracked: 20 })
  expect(await countersOffBy(direct)).toEqual([])
})

test('a short cut is invisible to the sender', async () => {
  app = await start()
  await send(app, impression())
  cable.pullOut()
  const answer = send(app, { events: mixedEvents(20) })
  setTimeout(() => cable.plugIn(), 300)
  expect((await answer).json()).toMatchObject({ success: true, tracked: 20 })
})

test('a cut between COMMIT and its answer stores everything once, and tells it as stored now', async () => {
  app = await start()
  await send(app, impression())
  const events = mixedEvents(20)
  cable.cutAfterNextCommit()
  const answer = await send(app, { events })
  expect(cable.cutCommits()).toBe(1)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({ success: true, tracked: 20, duplicates: 0 })
  expect(await outcomes(direct)).toEqual({ tracked: 21 })
  expect(await countRows(direct, 'events')).toBe(21)
  expect((await storedIds(direct)).filter((id) => events.some((event) => event.id === id))).toHaveLength(20)
  expect(await countersOffBy(direct)).toEqual([])
})

test('waits out a lock on the table and says 503 rather than hang', async () => {
  app = await start(600)
  await send(app, impression())
  const release = await holdLock(direct)
  const answer = await send(app, impression())
  expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'unavailable'])
  await release()
  await expect.poll(async () => (await send(app as FastifyInstance, impression())).statusCode).toBe(200)
  expect(await countersOffBy(direct)).toEqual([])
})

test('counts refused events also when the database was away at the time', async () => {
  app = await start(300)
  await send(app, impression())
  cable.pullOut()
  await send(app, { events: [impression(), { type: 'NO' }] })
  cable.plugIn()
  await send(app, impression())
  await expect.poll(() => outcomes(direct)).toMatchObject({ 'refused invalid_type': 1 })
})

async function holdLock({ kysely }: Database): Promise<() => Promise<void>> {
  const { transaction, free } = await new Promise<{ transaction: Promise<void>; free: () => void }>((isHeld) => {
    const transaction: Promise<void> = kysely.transaction().execute(async (run) => {
      await sql`lock table events in access exclusive mode`.execute(run)
      await new Promise<void>((resolve) => isHeld({ transaction, free: resolve }))
    })
  })
  return async () => {
    free()
    await transaction
  }
}
