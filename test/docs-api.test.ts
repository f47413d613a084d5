// docs/api.md is the description of a collector, with what each of its examples was answered.
import { openAsBlob } from 'node:fs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { buildCollector, openDatabase, type Database } from '@sightline/collector'
import type { ApiDescription } from '../packages/collector/src/description/openapi'
import { ADMIN_TOKEN, BROWSER, JWT_SECRET, tokenOf } from '../packages/collector/test/support/collectors'
import { readDescription } from '../packages/collector/test/support/read-description'
import { renderApiPage, routesOf, type Answered, type Route } from './support/api-page'
import { readPart } from './support/docs-part'

/** Everything on the page happens at one moment, so that it is the same each time. */
const NOW = Date.parse('2026-11-20T12:00:00.000Z')
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SHOWN_UUID = '019cd4f3-8bdc-7abc-8def-0123456789ab'
/** Fields that are another machine's, or another second's, each time. */
const SHOWN: Record<string, unknown> = {
  token: 'sightline_share_…',
  viewer: 'a hash',
  viewerKey: 'a hash',
  holder: 'collector-1 4711',
  bytes: 48_234_496,
  bytesPerDay: 6_815_744,
  freeBytes: 21_474_836_480,
  daysLeft: 3_150,
}

let app: Awaited<ReturnType<typeof buildCollector>>
let db: Database
let api: ApiDescription
let user: string
beforeAll(async () => {
  db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  const settings = { logLevel: 'silent', memory: true, trending: true } as const
  app = await buildCollector({
    db,
    config: { ...settings, adminToken: ADMIN_TOKEN, jwtSecret: JWT_SECRET },
    now: () => NOW,
  })
  user = await tokenOf('ada', {}, NOW)
  api = readDescription((await app.inject({ url: '/openapi.json' })).body)
})
afterAll(async () => {
  await app.close()
  await db.close()
})

/** An id of that moment, as the SDK makes them (RFC 9562, version 7). */
const idOf = (at: number, count: number) => {
  const time = at.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count.toString(16).padStart(12, '0')}`
}

/** A short visit, so that the questions have answers. */
async function visit(): Promise<void> {
  const content = { type: 'reel', id: '9' }
  const place = { content, source: 'feed', position: 0 }
  const happened = [
    { ...place, type: 'impression' },
    { ...place, type: 'view', durationMs: 4_200, scrollDepth: 0.8 },
    { ...place, type: 'click' },
    { content, type: 'watch', watchedMs: 9_000, durationMs: 9_000 },
    { content, type: 'like', metadata: { variant: 'large' } },
  ].map((event, index) => {
    const occurredAt = NOW - 60_000 + index * 1_000
    return { ...event, id: idOf(occurredAt, index), occurredAt }
  })
  const payload = { events: happened, sentAt: NOW }
  const headers = { 'user-agent': BROWSER, authorization: `Bearer ${user}` }
  const answer = await app.inject({ method: 'POST', url: '/v1/events', headers, payload })
  expect(answer.json()).toMatchObject({ success: true, tracked: happened.length })
}

async function haveJobsRun(): Promise<boolean> {
  const { jobs } = (await app.inject({ url: '/readyz' })).json<{ jobs: { finishedAt: string | null }[] }>()
  return jobs.every(({ finishedAt }) => finishedAt !== null)
}

/** What changes something comes before the questions, and what takes away after them. */
function turnOf({ name, method }: Route): number {
  if (name === 'POST /_test/reset') return 4
  if (method === 'DELETE') return 3
  if (name === 'PUT /v1/me/opt-out') return 2
  return method === 'GET' ? 1 : 0
}

async function ask({ path, method, operation }: Route): Promise<Answered> {
  const { parameters = [], requestBody, security } = operation
  const valueOf = (name: string) => String(parameters.find((each) => each.name === name)?.example ?? '')
  const query = new URLSearchParams(
    parameters.flatMap(({ name, in: place, example }) =>
      place === 'query' && example !== undefined ? [[name, String(example)]] : [],
    ),
  )
  const url = `${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => valueOf(name))}?${query.toString()}`
  const [credential] = Object.keys(security[0] ?? {})
  const token = credential === 'user' ? user : ADMIN_TOKEN
  const payload = requestBody?.content['application/json']?.example
  const { statusCode, body } = await app.inject({
    method: method as 'GET',
    url,
    headers: { 'user-agent': BROWSER, ...(credential !== undefined && { authorization: `Bearer ${token}` }) },
    ...(payload !== undefined && { payload: payload as object }),
  })
  const isShown = /^[{[]/.test(body) && !path.endsWith('openapi.json')
  return { status: statusCode, ...(isShown && { body: shorten(JSON.parse(body.split('\n')[0]!)) }) }
}

/** Lists keep their first item, and what is never the same twice is shown as one of its kind. */
function shorten(value: unknown, name = ''): unknown {
  if (name in SHOWN && value !== null) return typeof value === 'object' ? shorten(value) : SHOWN[name]
  if (typeof value === 'string' && UUID.test(value)) return SHOWN_UUID
  if (Array.isArray(value)) return value.slice(0, 1).map((each) => shorten(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shorten(each, key)]))
}

test('the API page tells every route, with what the call of its example is answered', async () => {
  await visit()
  // Their state is in the answers.
  await expect.poll(haveJobsRun, { timeout: 30_000 }).toBe(true)
  const answered = new Map<string, Answered>()
  const examples = routesOf(api).filter(({ operation }) => operation['x-example'])
  for (const route of examples.toSorted((a, b) => turnOf(a) - turnOf(b))) {
    const answer = await ask(route)
    expect([route.name, answer.status]).toEqual([route.name, expect.toBeOneOf([200, 201, 202, 204])])
    answered.set(route.name, answer)
  }
  const { found, wanted } = readPart('docs/api.md', 'routes', renderApiPage(api, answered))
  expect(found).toBe(wanted)
})
