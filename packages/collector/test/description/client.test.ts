// Whoever has nothing but the description can call everything in it, and gets what it says.
import { openAsBlob } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { buildCollector } from '../../src/collector'
import { openDatabase, type Database } from '../../src/database/open-database'
import type { ApiDescription } from '../../src/description/openapi'
import { ADMIN_TOKEN, JWT_SECRET, tokenOf } from '../support/collectors'
import { createDescribedClient } from '../support/described-client'
import { readDescription } from '../support/read-description'

let app: FastifyInstance
let db: Database
let origin: string
let api: ApiDescription
beforeAll(async () => {
  db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  app = await buildCollector({
    db,
    config: { logLevel: 'silent', memory: true, trending: true, adminToken: ADMIN_TOKEN, jwtSecret: JWT_SECRET },
  })
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
  api = readDescription(await (await fetch(`${origin}/openapi.json`)).text())
})
afterAll(async () => {
  await app.close()
  await db.close()
})

const described = () =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

test('every example makes a call that works and is answered as described', async () => {
  const user = await tokenOf('ada')
  const call = createDescribedClient(origin, api, { admin: ADMIN_TOKEN, user, anonymousId: 'a-1', metrics: '' })
  const examples = described().filter(({ operation }) => operation['x-example'])
  const wrong: unknown[] = []
  for (const { path, method } of examples) {
    const made = await call(path, method)
    if (made.problems.length > 0 || made.status >= 400) wrong.push(made)
  }
  expect(wrong).toEqual([])
  // A receipt and a link cannot be known before, and a stream has no end.
  const others = described().filter(({ operation }) => !operation['x-example'])
  expect(others.map(({ operation }) => operation.operationId).toSorted()).toEqual([
    'deleteSharesId',
    'getErasuresReceipt',
    'getLive',
  ])
})

test('without credentials, everything that asks for some refuses as described', async () => {
  const call = createDescribedClient(origin, api, {})
  const closed = described().filter(({ operation }) => operation.security.every((one) => Object.keys(one).length > 0))
  expect(closed.length).toBeGreaterThan(20)
  for (const { path, method } of closed.filter(({ operation }) => operation['x-example'])) {
    const { operationId, status, problems } = await call(path, method)
    expect({ operationId, status, problems }).toEqual({
      operationId,
      status: expect.toBeOneOf([401, 429]),
      problems: [],
    })
  }
})
