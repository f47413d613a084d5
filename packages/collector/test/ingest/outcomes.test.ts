// What was not stored can be read as a number with a reason, whoever refused it and however often.
import type { FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { buildCollector, type CollectorOptions } from '../../src/collector'
import { onBothDatabases } from '../support/databases'
import { outcomes, impression } from '../support/events'

const batch = (count: number) => ({ events: Array.from({ length: count }, () => impression()) })

onBothDatabases('outcomes', (database) => {
  let app: FastifyInstance
  afterEach(() => app.close())

  const build = async (config: CollectorOptions['config'] = {}) => {
    app = await buildCollector({ db: database(), config: { logLevel: 'silent', networkEventsPerSecond: 0, ...config } })
  }
  const send = (payload: string | object, headers: Record<string, string> = {}, url = '/v1/events') =>
    app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'text/plain', ...headers } })
  const sendEvents = async (...events: object[]) => (await send(JSON.stringify({ events }))).json()

  test('tell how many requests were refused as a whole, and why', async () => {
    await build({ allowedOrigins: ['https://a.example'], maxBatchBytes: 1_000 })
    await send('{')
    await send('{')
    await send('{"events":[]}')
    await send('{}', { origin: 'https://evil.example' })
    await send('<event/>', { 'content-type': 'application/xml' })
    await send(JSON.stringify({ events: [{ type: 'like', metadata: { much: 'x'.repeat(2_000) } }] }))
    await app.close()
    expect(await outcomes(database())).toEqual({
      'refused invalid_json': 2,
      'refused empty_batch': 1,
      'refused origin_not_allowed': 1,
      'refused unsupported_media_type': 1,
      'refused body_too_large': 1,
    })
  })

  test('tell how many events a network sent too fast, as far as they were read', async () => {
    await build({ networkEventsPerSecond: 1, networkBurstEvents: 3 })
    const statuses = []
    for (const count of [2, 3, 1, 1]) statuses.push((await send(JSON.stringify(batch(count)))).statusCode)
    expect(statuses).toEqual([200, 429, 200, 429])
    await app.close()
    expect(await outcomes(database())).toEqual({ tracked: 3, 'refused rate_limited': 3 + 1 })
  })

  test('count what one call refuses once', async () => {
    await build()
    const answer = await send('{"durationMs":-1}', {}, '/v1/content/post/42/views')
    expect(answer.statusCode).toBe(400)
    await app.close()
    expect(await outcomes(database())).toEqual({ 'refused invalid_event': 1 })
  })

  test('BI-16: tell an id that comes again as another event from one that comes again', async () => {
    await build()
    const [event, other] = [impression({ seq: 1 }), impression()]
    expect(await sendEvents(event, { ...other, type: 'click' }, { ...other, type: 'like' })).toMatchObject({
      tracked: 2,
      duplicates: 1,
    })
    expect(await sendEvents(event)).toMatchObject({ tracked: 0, duplicates: 1 })
    expect(await sendEvents({ ...event, seq: 2 }, { ...other, type: 'share' })).toMatchObject({ duplicates: 2 })
    expect(await sendEvents({ ...other, type: 'click' })).toMatchObject({ duplicates: 1 })
    await app.close()
    expect(await outcomes(database())).toEqual({ tracked: 2, duplicate: 2, 'duplicate id_conflict': 1 + 2 })
  })
})
