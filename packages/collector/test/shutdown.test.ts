// Told to end, the collector answers what it took, and ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open-database'
import { endAllCollectors, startCollector } from './support/collector-process'
import { proxyTo } from './support/cuttable-proxy'
import { createPostgresDatabase } from './support/databases'
import { countersOffBy, mixedEvents, storedIds } from './support/events'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endAllCollectors()
  for (const step of undo.splice(0)) await step()
})

/** Resolves to the status, or to the error's code when no answer came. */
function post(url: string, body: string, agent: Agent): Promise<{ status: number | string }> {
  return new Promise((resolve) => {
    const sending = request(`${url}/v1/events`, { method: 'POST', agent, headers: { 'content-type': 'text/plain' } })
    sending.on('response', (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0 }))
    })
    sending.on('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? 'error' }))
    sending.end(body)
  })
}

test('SIGTERM under load: every request that was taken is answered, and the process ends with 0', async () => {
  const { url: databaseUrl, drop } = await createPostgresDatabase()
  undo.push(drop)
  const collector = await startCollector({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent', GROUP_MAX_WAIT_MS: '300' })
  const agent = new Agent({ keepAlive: false })
  const batches = Array.from({ length: 12 }, () => mixedEvents(10))
  const pending = batches.map((events) => post(collector.url, JSON.stringify({ events }), agent))
  // Long enough to be taken, shorter than the group waits: all of them are inside when the signal comes.
  await sleep(150)
  const toldAt = performance.now()
  collector.signal('SIGTERM')
  const answers = await Promise.all(pending)
  expect(answers.map(({ status }) => status)).toEqual(batches.map(() => 200))
  expect(await collector.ended).toBe(0)
  expect(performance.now() - toldAt).toBeLessThan(10_000)

  const db = await openDatabase({ databaseUrl })
  undo.unshift(() => db.close())
  expect(await storedIds(db)).toEqual(batches.flatMap((events) => events.map(({ id }) => id)).toSorted())
  expect(await countersOffBy(db)).toEqual([])
})

test('says at once that it is no longer ready, and lets no open connection keep it alive', async () => {
  const { url: databaseUrl, drop } = await createPostgresDatabase()
  undo.push(drop)
  const collector = await startCollector({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent', GROUP_MAX_WAIT_MS: '500' })
  const agent = new Agent({ keepAlive: true })
  const slow = post(collector.url, JSON.stringify({ events: mixedEvents(1) }), agent)
  const probe = connect(Number(new URL(collector.url).port), '127.0.0.1')
  let answer = ''
  probe.on('data', (data) => (answer += data.toString()))
  // The probe is under way when the signal comes, so its connection is still served.
  probe.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n')
  await sleep(100)
  collector.signal('SIGTERM')
  await sleep(50)
  probe.write('\r\n')
  expect((await slow).status).toBe(200)
  expect(await collector.ended).toBe(0)
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*"ready":false/s)
})

test('PR-05: a second signal ends it at once', async () => {
  const { url, drop } = await createPostgresDatabase()
  undo.push(drop)
  const proxy = await proxyTo(url)
  undo.unshift(() => proxy.close())
  const collector = await startCollector({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' })
  const agent = new Agent({ keepAlive: false })
  proxy.freeze()
  const pending = post(collector.url, JSON.stringify({ events: mixedEvents(1) }), agent)
  await sleep(100)
  collector.signal('SIGTERM')
  await sleep(50)
  collector.signal('SIGTERM')
  expect(await collector.ended).toBe(143)
  expect((await pending).status).not.toBe(200)
})

test.each(['is away', 'stands still'])(
  'PR-04: SIGTERM while the database %s: what waits is told to come again, and the process ends with 0 in time',
  async (how) => {
    const { url, drop } = await createPostgresDatabase()
    undo.push(drop)
    const proxy = await proxyTo(url)
    undo.unshift(() => proxy.close())
    const collector = await startCollector({ DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' })
    const agent = new Agent({ keepAlive: true })
    const send = () => post(collector.url, JSON.stringify({ events: mixedEvents(3) }), agent)
    expect((await send()).status).toBe(200)
    if (how === 'is away') proxy.pullOut()
    else proxy.freeze()
    const pending = [send(), send(), send()]
    await sleep(300)
    const toldAt = performance.now()
    collector.signal('SIGTERM')
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([503, 503, 503])
    expect(await collector.ended).toBe(0)
    expect(performance.now() - toldAt).toBeLessThan(10_000)
  },
  30_000,
)
