// The description lists every route that a collector has, and every route says what it answers.
import { afterEach, expect, inject, test } from 'vitest'
import { openAsBlob } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { buildCollector } from '../../src/collector'
import { openDatabase, type Database } from '../../src/database/open-database'
import { readDescription } from '../support/read-description'

let app: FastifyInstance
let db: Database
afterEach(async () => {
  await app.close()
  await db.close()
})

async function build(config: { memory?: boolean; trending?: boolean }) {
  db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  app = await buildCollector({ db, config: { logLevel: 'silent', ...config } })
}

const readText = async () => (await app.inject({ url: '/openapi.json' })).body
const readApi = async () => readDescription(await readText())

/** From the drawing of the router's own tree, which knows nothing of the description. */
function registeredRoutes(): string[] {
  const path: string[] = []
  const routes: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods] = /^([│ ├└─]*)(\S.*?)(?: \(([A-Z, ]+)\))?$/u.exec(line) ?? []
    if (part === '') continue
    const depth = indent.length / 4
    path.splice(depth - 1, path.length, part)
    for (const method of methods?.split(', ') ?? []) routes.push(`${method} ${path.join('')}`)
  }
  return routes
}

/** HEAD comes with every GET and OPTIONS is asked by browsers; the files that the dashboard and the documentation load are no part of the API. */
const isPartOfTheApi = (route: string) =>
  !/^(HEAD|OPTIONS) /.test(route) && (!/\.(js|css|svg|png|ico|woff2|map)$/.test(route) || route.includes('/v1/'))

test.each([
  { memory: true, trending: true },
  { memory: false, trending: false },
])('describes every route of a collector with %o, and none that it has not', async (config) => {
  await build(config)
  const routes = registeredRoutes()
    .filter(isPartOfTheApi)
    .filter((route) => route !== 'GET /')
  const described = Object.entries((await readApi()).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  expect(routes.length).toBeGreaterThan(30)
  expect(described.toSorted()).toEqual(routes.toSorted())
})

test('says of every route who may call it, what it answers and how it refuses', async () => {
  await build({ memory: true, trending: true })
  const { paths, components } = await readApi()
  const wrong: string[] = []
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { responses, security, summary }] of Object.entries(methods)) {
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
      const hasBodies = good.every(([status, { content }]) => status === '204' || content !== undefined)
      const hasCodes = ['400', '500', '503'].every((status) => JSON.stringify(responses[status])?.includes('"code"'))
      const hasSchemes = security.flatMap(Object.keys).every((name) => name in components.securitySchemes)
      const isWhole =
        good.length > 0 && hasBodies && hasCodes && security.length > 0 && hasSchemes && summary.endsWith('.')
      if (!isWhole) wrong.push(`${method} ${path}`)
    }
  }
  expect(wrong).toEqual([])
})

test('names every operation once, and every reference leads to a schema', async () => {
  await build({ memory: true, trending: true })
  const api = await readApi()
  const ids = Object.values(api.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  const text = await readText()
  const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, target = '']) => target.split('/'))
  expect(references.length).toBeGreaterThan(20)
  const document = JSON.parse(text) as object
  for (const target of references) expect(document).toHaveProperty(target)
})

test('says once what many operations answer', async () => {
  await build({ memory: true, trending: true })
  const text = await readText()
  const { components } = JSON.parse(text) as { components: { responses: Record<string, unknown> } }
  const shared = Object.values(components.responses).map((response) => JSON.stringify(response))
  expect(new Set(shared).size).toBe(shared.length)
  for (const response of shared) expect(text.split(response)).toHaveLength(2)
  // Whole, it was 240,970 bytes with 45 operations.
  expect(Buffer.byteLength(text)).toBeLessThan(160_000)
})

test('shows itself as a page that the strictest policy lets through', async () => {
  await build({ memory: true, trending: true })
  const { headers, body } = await app.inject({ url: '/docs' })
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'self';/)
  expect(body).not.toMatch(/<script|<style| style=| on\w+=/)
  expect(body).toContain('<h3><b>POST</b> /v1/events</h3>')
  expect(body).toContain('unsupported_version')
  const links = [...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  expect(links.filter((id) => !body.includes(`id="${id}"`))).toEqual([])
  expect((await app.inject({ url: '/docs.css' })).headers['content-type']).toContain('text/css')
})
