// A collector inside of a server that somebody has already, as the documents show it: one port, both answer, one close.
import { createServer } from 'node:http'
import { openAsBlob } from 'node:fs'
import Fastify from 'fastify'
import { expect, inject, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { openDatabase } from '../src/database/open-database'
import { countRows, impression } from './support/events'

const isForCollector = (path = '') => /^\/(v1\/|sightline\.js)/.test(path)

test('a Fastify server takes a collector in, on its own port, and closes it', async () => {
  const db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  const collector = await buildCollector({ db, config: { logLevel: 'silent' } })
  await collector.ready()

  const site = Fastify({
    serverFactory: (handler) =>
      createServer((request, response) =>
        isForCollector(request.url) ? collector.routing(request, response) : handler(request, response),
      ),
  })
  let isClosed = false
  site.addHook('onClose', async () => {
    await collector.close()
    isClosed = true
  })
  site.get('/', async () => 'Your own page')
  const origin = await site.listen({ host: '127.0.0.1', port: 0 })

  try {
    expect(await (await fetch(`${origin}/`)).text()).toBe('Your own page')
    const body = JSON.stringify({ events: [impression()] })
    const answer = await fetch(`${origin}/v1/events`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ success: true, tracked: 1 })
    expect(await countRows(db, 'events')).toBe(1)
    expect((await fetch(`${origin}/nothing`)).status).toBe(404)
  } finally {
    await site.close()
    await db.close()
  }
  expect(isClosed).toBe(true)
})
