// The checks by which answers are held to the description do find what is wrong.
import type { LightMyRequestResponse } from 'fastify'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { describeApi } from '../../src/description/openapi'
import { undescribed } from '../support/described-answers'
import { createDescribedClient } from '../support/described-client'

const answer = (statusCode: number, body: unknown) =>
  ({ statusCode, body: body === undefined ? '' : JSON.stringify(body) }) as LightMyRequestResponse
const ok = { optedOut: true, since: '2026-11-21T10:00:00.000Z' }
const refusal = (code: string) => ({ error: { code, message: 'No.' } })

test.each([
  ['as described', answer(200, ok), 0],
  ['a refusal as described', answer(401, refusal('token_missing')), 0],
  ['a field too many', answer(200, { ...ok, viewerKey: '7' }), 1],
  ['a field too few', answer(200, { optedOut: true }), 1],
  ['a value of another type', answer(200, { ...ok, optedOut: 'yes' }), 1],
  ['another status', answer(201, ok), 1],
  ['a code of another route', answer(400, refusal('empty_batch')), 1],
  ['a code with another status', answer(403, refusal('token_missing')), 1],
  ['no body', answer(200, undefined), 1],
])('%s', (_name, given, mistakes) => {
  expect(undescribed('GET', '/v1/me/opt-out', given)).toHaveLength(mistakes)
})

test.each([
  [200, 'application/json', ok, []],
  [200, 'application/json', { ...ok, since: 7 }, ['the answer']],
  [200, 'text/html', ok, ['application/json expected']],
  [418, 'application/json', refusal('teapot'), ['the status 418']],
])('a client that knows only the description tells %d %s %j', async (status, type, body, expected) => {
  const server = createServer((_request, reply) =>
    reply.writeHead(status, { 'content-type': type }).end(JSON.stringify(body)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const api = describeApi(['GET /v1/me/opt-out'], '1.0.0')
  const call = createDescribedClient(`http://127.0.0.1:${port}`, api, { user: 'x' })
  const { problems } = await call('/v1/me/opt-out', 'get')
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(expected.filter((part) => !problems.some((problem) => problem.startsWith(part)))).toEqual([])
  expect(problems.length > 0).toBe(expected.length > 0)
})
