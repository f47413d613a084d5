// A collector in memory for end-to-end tests: what it tells, what it forgets, and where it is refused.
import { openAsBlob } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { ConfigError, readConfig, resolveConfig } from '../../src/config'
import { openDatabase } from '../../src/database/open-database'
import type { StoredEvents } from '../../src/testing/stored-events'
import { endAllCollectors, runCli, startCollector, type CollectorProcess } from '../support/collector-process'
import { about, ADMIN_TOKEN, BROWSER } from '../support/collectors'

const json = { 'content-type': 'application/json', 'user-agent': BROWSER }
const send = (url: string, events: object[]) =>
  fetch(`${url}/v1/events`, { method: 'POST', headers: json, body: JSON.stringify({ events }) })
const stored = async (url: string) => (await (await fetch(`${url}/_test/events`)).json()) as StoredEvents
const reset = (url: string) => fetch(`${url}/_test/reset`, { method: 'POST' })
const askAdmin = (url: string, method: string, body?: object) =>
  fetch(url, {
    method,
    headers: { ...json, authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(body && { body: JSON.stringify(body) }),
  })

describe('start --memory', () => {
  let collector: CollectorProcess
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-memory-'))
    collector = await startCollector({ ADMIN_TOKEN, LOG_LEVEL: 'silent' }, ['--memory'], folder)
  })
  afterEach(async () => {
    await reset(collector.url)
  })
  afterAll(async () => {
    endAllCollectors()
    await rm(folder, { recursive: true, force: true })
  })

  test('says where tests ask, and writes nothing to the disk', async () => {
    expect(collector.output()).toContain(`GET ${collector.url}/_test/events, POST ${collector.url}/_test/reset`)
    expect(collector.output()).toContain('in memory, gone at the end')
    await send(collector.url, [about('42')])
    expect(await readdir(folder)).toEqual([])
  })

  test('tells the events as they are stored, with their names and without what they do not have', async () => {
    const view = { type: 'view', source: 'feed', position: 3, durationMs: 4_200, metadata: { plan: 'team' } }
    await send(collector.url, [about('42', view), { type: 'signup' }])
    const { events } = await stored(collector.url)
    expect(events).toHaveLength(2)
    const [first, second] = ['view', 'signup'].map((type) => events.find((event) => event.type === type)!)
    expect(first).toMatchObject({ content: { type: 'post', id: '42' }, ...view, channel: 'api', counted: true })
    expect(second).not.toHaveProperty('content')
    expect(Object.values({ ...first, ...second })).not.toContain(null)
  })

  test('tells what became of what is not stored', async () => {
    const twice = about('42')
    await send(collector.url, [twice])
    await send(collector.url, [twice, { type: 'Not A Type' }])
    expect((await stored(collector.url)).outcomes).toEqual([
      { outcome: 'duplicate', reason: '', count: 1 },
      { outcome: 'refused', reason: 'invalid_type', count: 1 },
      { outcome: 'tracked', reason: '', count: 1 },
    ])
  })

  test('begins anew after a reset: events, counters, view gates and the catalogue', async () => {
    const statsUrl = `${collector.url}/v1/content/reel/9/stats`
    const reel = { content: { type: 'reel', id: '9' }, type: 'view', durationMs: 9_000 }
    await askAdmin(`${collector.url}/v1/content/reel/9`, 'PUT', { durationMs: 1_000 })
    await send(collector.url, [about('9', reel)])
    expect((await stored(collector.url)).events).toMatchObject([{ durationMs: 1_000, counted: true }])
    expect(await (await askAdmin(statsUrl, 'GET')).json()).toMatchObject({ totals: { views: 1 } })

    expect((await reset(collector.url)).status).toBe(204)
    expect(await stored(collector.url)).toEqual({ events: [], outcomes: [] })
    expect(await (await askAdmin(statsUrl, 'GET')).json()).toMatchObject({ totals: { views: 0 } })

    // Not cut to the length that the catalogue knew, and no repeat of the view before.
    await send(collector.url, [about('9', reel)])
    const { events } = await stored(collector.url)
    expect(events).toMatchObject([{ content: { type: 'reel', id: '9' }, durationMs: 9_000, counted: true }])
  })

  test('counts a viewer again who had opted out before the reset', async () => {
    const anonymousId = '01890a5d-ac96-774b-bcce-b302099a8057'
    const sendAsViewer = () =>
      fetch(`${collector.url}/v1/events`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ events: [about('42')], anonymousId }),
      })
    const headers = { 'sightline-anonymous-id': anonymousId }
    expect((await fetch(`${collector.url}/v1/me/opt-out`, { method: 'PUT', headers })).ok).toBe(true)
    await sendAsViewer()
    expect((await stored(collector.url)).events).toEqual([])
    await reset(collector.url)
    await sendAsViewer()
    expect((await stored(collector.url)).events).toHaveLength(1)
  })
})

test('an ordinary collector has no such addresses', async () => {
  const db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  const app = await buildCollector({ db, config: { logLevel: 'silent' } })
  const answers = await Promise.all([
    app.inject({ method: 'GET', url: '/_test/events' }),
    app.inject({ method: 'POST', url: '/_test/reset' }),
  ])
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404])
  expect(app.printRoutes()).not.toContain('_test')
  await app.close()
  await db.close()
})

describe('is refused', () => {
  const sentence = 'MEMORY keeps nothing, so it cannot be together with DATABASE_URL or DATA_DIR'

  test.each([
    [['--memory', '--data-dir', './sightline-data'], {}],
    [['--memory'], { DATABASE_URL: 'postgres://me@localhost/sightline' }],
    [['--memory=true'], { DATA_DIR: './elsewhere' }],
    [['--data-dir=./sightline-data'], { MEMORY: 'true' }],
  ])('%j with %j', (argv, env) => {
    expect(() => readConfig(argv, env)).toThrow(sentence)
    expect(() => readConfig(argv, env)).toThrow(ConfigError)
  })

  test('by name, in a collector that is embedded', () => {
    expect(() => resolveConfig({ memory: true, dataDir: './elsewhere' })).toThrow(sentence)
    // What is resolved already names the default of every setting.
    expect(resolveConfig(resolveConfig({ memory: true })).memory).toBe(true)
  })

  test('on a database that keeps its events', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-kept-'))
    const db = await openDatabase({ dataDir: folder })
    await expect(buildCollector({ db, config: { memory: true, logLevel: 'silent' } })).rejects.toThrow(
      'config: memory is for a database from openDatabase({ memory: true }), got one that keeps its events.',
    )
    await db.close()
    await rm(folder, { recursive: true })
  })

  test.each([
    ['token', 'create', '--name', 'x', '--memory'],
    ['migrate', '--memory'],
    ['dead-letters', 'list', '--memory'],
  ])('by sightline %s, whose work would be in vain', async (...argv) => {
    const { ended, output } = runCli(argv)
    expect(await ended).toBe(2)
    expect(output()).toBe('sightline: only start has a database in memory. Leave MEMORY out for this command.\n')
  })
})

test('a switch may stand alone, and its value is still read', () => {
  expect(readConfig(['--memory', '--port', '80'], {})).toMatchObject({ memory: true, port: 80 })
  expect(readConfig(['--memory', 'false'], { MEMORY: 'true' }).memory).toBe(false)
  expect(() => readConfig(['--memory', 'maybe'], {})).toThrow('--memory must be true or false, got "maybe"')
})
