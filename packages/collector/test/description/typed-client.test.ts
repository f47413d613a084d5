// A program whose types come from nothing but /openapi.json compiles, is told its mistakes, and runs against a real collector.
import { spawn } from 'node:child_process'
import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import ts from 'typescript'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { buildCollector } from '../../src/collector'
import { openDatabase, type Database } from '../../src/database/open-database'
import type { ApiDescription, JsonSchema } from '../../src/description/openapi'
import { ADMIN_TOKEN, JWT_SECRET, tokenOf } from '../support/collectors'
import { describeTypes } from '../support/describe-types'
import { readDescription } from '../support/read-description'

/** All that a client needs beside the types. */
const CLIENT = `
import { routes, type Operations } from './api.js'

type Id = keyof Operations
type Rest<Takes> = {} extends Takes ? [takes?: Takes] : [takes: Takes]

export function createClient(origin: string, token: string, told: (id: Id, status: number, body: unknown) => void) {
  return async function call<Name extends Id>(id: Name, ...[takes]: Rest<Operations[Name]['takes']>): Promise<Operations[Name]['answers']> {
    const given = (takes ?? {}) as { path?: Record<string, string>; query?: Record<string, unknown>; body?: unknown }
    const { method, path } = routes[id]
    const url = new URL(path.replace(/\\{(\\w+)\\}/g, (_all, name: string) => encodeURIComponent(given.path?.[name] ?? '')), origin)
    for (const [name, value] of Object.entries(given.query ?? {})) url.searchParams.set(name, String(value))
    const answer = await fetch(url, {
      method,
      headers: { authorization: 'Bearer ' + token, ...(given.body !== undefined && { 'content-type': 'application/json' }) },
      ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
    })
    const isJson = answer.headers.get('content-type')?.startsWith('application/json')
    const body: unknown = answer.status === 204 ? undefined : isJson ? await answer.json() : await answer.text()
    told(id, answer.status, body)
    return { status: answer.status, body } as Operations[Name]['answers']
  }
}
`

/** A day in the life of a site, as somebody writes it who has only the description. */
const PROGRAM = `
import { createClient } from './client.js'

const [origin = '', admin = '', user = ''] = process.argv.slice(2)
const told: { id: string; status: number; body: unknown }[] = []
const tell = (id: string, status: number, body: unknown) => { told.push({ id, status, body }) }
const call = createClient(origin, admin, tell)
const callAsUser = createClient(origin, user, tell)

const reel = { type: 'reel', id: '9' }
const registered = await call('putContentTypeId', { path: reel, body: { ownerId: 'grace', durationMs: 15_000, title: 'Sunrise' } })
if (registered.status !== 201) throw new Error('expected a new content, got ' + registered.status)
const owner: string | null = registered.body.ownerId
await call('postContent', { body: { contents: [{ type: 'post', id: '1', title: 'One', visibility: 'private' }] } })

const sent = await callAsUser('postEvents', {
  body: { events: [
    { type: 'view', content: reel, durationMs: 4_200, source: 'feed' },
    { type: 'like', content: reel, metadata: { variant: 'a' } },
    { type: 'watch', content: reel, durationMs: 14_900, mediaDurationMs: 15_000, completed: true },
  ] },
})
if (sent.status !== 200) throw new Error('expected the batch to be stored, got ' + sent.status)
const tracked: number = sent.body.tracked
const single = await callAsUser('postContentTypeIdViews', { path: reel, body: { durationMs: 900 } })
const repeats = single.status === 200 ? single.body.reason : undefined

const site = await call('getStatsSite', { query: { days: 7, audience: 'authenticated', cache: '0' } })
if (site.status !== 200) throw new Error('expected statistics, got ' + site.status)
const likes: number = site.body.totals.likes
const viewers: number | undefined = site.body.viewers?.value
const content = await call('getContentTypeIdStats', { path: reel, query: { days: 1 } })
const completed = content.status === 200 ? content.body.watches.completed : NaN
const top = await call('getStatsTop', { query: { by: 'likes', limit: 3, days: 1 } })
const first = top.status === 200 ? top.body.items[0]?.content.id : undefined
await call('getStatsSeries', { query: { days: 2 } })
await call('getStatsBreakdownDimension', { path: { dimension: 'source' } })
await call('getStatsCompare', { query: { key: 'variant', event: 'like', per: 'view' } })
await call('getNow')
await call('getTrust')
const recent = await callAsUser('getMeRecentlyViewed', { query: { perPage: 10 } })
const title = recent.status === 200 ? recent.body.items[0]?.title : undefined
const optedOut = await callAsUser('putMeOptOut')
const refused = await callAsUser('getStatsSite')
const code = refused.status === 403 ? refused.body.error.code : undefined
await callAsUser('deleteMeRecentlyViewed')
const gone = await call('getContentTypeId', { path: { type: 'reel', id: 'none' } })

console.log(JSON.stringify({
  told,
  found: { owner, tracked, repeats, likes, viewers, completed, first, title, code, gone: gone.status,
    optedOut: optedOut.status === 200 && optedOut.body.optedOut },
}))
`

/** One mistake a line; each is a sentence of the compiler. */
const MISTAKES: [line: string, code: number][] = [
  ["await call('getStatsNowhere')", 2345],
  ["await call('putContentTypeId', { path: reel, body: { owner: 'ada' } })", 2561],
  ["await call('putContentTypeId', { path: { type: 'reel' }, body: {} })", 2741],
  ["await call('postEvents', { body: { events: [{ type: 'view', durationMs: '4 s' }] } })", 2322],
  ["await call('postContent')", 2554],
  ["await call('getStatsSite', { query: { audience: 'everybody' } })", 2322],
  ["const answer = await call('getNow'); answer.body.viewers", 2339],
  ["const site = await call('getStatsSite'); if (site.status === 200) site.body.totals.likez", 2551],
]

let app: FastifyInstance
let db: Database
let origin: string
let api: ApiDescription
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-typed-client-'))
  db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  const config = { logLevel: 'silent', adminToken: ADMIN_TOKEN, jwtSecret: JWT_SECRET, memory: true } as const
  app = await buildCollector({ db, config })
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
  api = readDescription(await (await fetch(`${origin}/openapi.json`)).text())
})
afterAll(async () => {
  await app?.close()
  await db?.close()
  await rm(dir, { recursive: true, force: true })
})

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  types: [],
}

/** Writes the files and compiles the program, which may use `process`. */
async function compile(program: string): Promise<string[]> {
  const files = { 'api.ts': describeTypes(api), 'client.ts': CLIENT, 'program.ts': program }
  for (const [name, source] of Object.entries(files)) await writeFile(join(dir, name), source)
  await writeFile(join(dir, 'process.d.ts'), 'declare const process: { argv: string[] }\n')
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  const made = ts.createProgram([join(dir, 'program.ts'), join(dir, 'process.d.ts')], options)
  made.emit()
  return ts.getPreEmitDiagnostics(made).map(({ code, file, start, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0
    return `${file?.fileName.split('/').at(-1)}:${line + 1} TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

const schemaOf = (id: string, status: number): JsonSchema | undefined => {
  const operations = Object.values(api.paths).flatMap((methods) => Object.values(methods))
  return operations.find(({ operationId }) => operationId === id)?.responses[status]?.content?.['application/json']
    ?.schema
}

/** What is wrong with an answer by the description. */
function problemsOf(id: string, status: number, body: unknown): string[] {
  const schema = schemaOf(id, status)
  if (schema === undefined) return body === undefined ? [] : [`${id} ${status}: no body is described`]
  const whole = JSON.parse(
    JSON.stringify(schema, (_key, value: { $ref?: string } | null) =>
      value?.$ref === undefined ? value : api.components.schemas[value.$ref.replace('#/components/schemas/', '')],
    ),
  ) as object
  const reader = z.fromJSONSchema({ ...whole, $schema: 'https://json-schema.org/draft/2020-12/schema' } as Parameters<
    typeof z.fromJSONSchema
  >[0])
  const read = reader.safeParse(body)
  return read.success ? [] : [`${id} ${status}: ${read.error.message}`]
}

test('a program by the description compiles, runs, and every answer is as described', async () => {
  expect(await compile(PROGRAM)).toEqual([])
  const child = spawn(process.execPath, [join(dir, 'program.js'), origin, ADMIN_TOKEN, await tokenOf('ada')])
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(errors).toBe('')
  const { told, found } = JSON.parse(output) as {
    told: { id: string; status: number; body: unknown }[]
    found: Record<string, unknown>
  }
  expect(found).toEqual({
    owner: 'grace',
    tracked: 3,
    repeats: 'repeat',
    likes: 1,
    viewers: 1,
    completed: 1,
    first: '9',
    title: 'Sunrise',
    code: 'not_allowed',
    gone: 404,
    optedOut: true,
  })
  expect(new Set(told.map(({ id }) => id)).size).toBeGreaterThanOrEqual(15)
  expect(told.flatMap(({ id, status, body }) => problemsOf(id, status, body))).toEqual([])
})

test('a program that is wrong does not compile', async () => {
  const head = PROGRAM.slice(0, PROGRAM.indexOf('const registered'))
  const lines = MISTAKES.map(([line]) => `{ ${line} }`)
  const problems = await compile(`${head}${lines.join('\n')}\nexport {}\n`)
  const before = head.split('\n').length
  // The sentence is the compiler's own; its place and number say which mistake it found.
  const places = problems.map((problem) => problem.split(' ').slice(0, 2).join(' '))
  expect(places).toEqual(MISTAKES.map(([, code], index) => `program.ts:${before + index} TS${code}`))
})
