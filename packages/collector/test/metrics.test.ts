// Operators see what waits, what was stored and how long it took, and nothing about anybody.
import type { FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { buildCollector, type CollectorOptions } from '../src/collector'
import { onBothDatabases } from './support/databases'
import { impression, mixedEvents } from './support/events'

onBothDatabases('/metrics', (database) => {
  let app: FastifyInstance | undefined
  afterEach(async () => {
    await app?.close()
    app = undefined
  })
  const start = async (config: CollectorOptions['config'] = {}) =>
    (app = await buildCollector({ db: database(), config: { logLevel: 'silent', ...config } }))
  const send = (payload: object) => app?.inject({ method: 'POST', url: '/v1/events', payload })

  const statusWith = async (authorization?: string) =>
    (await app?.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } }))?.statusCode

  async function read(): Promise<(name: string) => number | undefined> {
    const { payload } = (await app?.inject('/metrics')) ?? { payload: '' }
    return (name) => {
      const line = payload.split('\n').find((text) => text.startsWith(`${name} `))
      return line === undefined ? undefined : Number(line.slice(name.length + 1))
    }
  }

  test('count events by outcome and reason', async () => {
    await start()
    const events = mixedEvents(12)
    await send({ events: [...events, { type: 'NO' }], drops: { queue_full: 3 } })
    await send({ events })
    await expect
      .poll(async () => (await read())('sightline_events_total{outcome="refused",reason="invalid_type"}'))
      .toBe(1)
    const value = await read()
    expect([
      value('sightline_events_total{outcome="tracked",reason=""}'),
      value('sightline_events_total{outcome="duplicate",reason=""}'),
      value('sightline_events_total{outcome="lost",reason="queue_full"}'),
      value('sightline_commit_rows_sum'),
    ]).toEqual([12, 12, 3, 12])
  })

  test('tell what waits, the last commit, the horizon and the delay of the event loop', async () => {
    await start({ groupMaxWaitMs: 300 })
    expect((await read())('sightline_last_commit_timestamp_seconds')).toBeUndefined()
    const answer = send({ events: mixedEvents(7) })
    await expect.poll(async () => (await read())('sightline_queue_rows')).toBe(7)
    const value = await read()
    expect(value('sightline_queue_bytes')).toBeGreaterThan(700)
    expect(value('sightline_queue_oldest_seconds')).toBeGreaterThan(0)
    expect(value('sightline_partitions_ahead_days')).toBe(7)
    expect(value('sightline_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0)
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    await answer
    const after = await read()
    expect([after('sightline_queue_rows'), after('sightline_queue_oldest_seconds')]).toEqual([0, 0])
    expect(after('sightline_last_commit_timestamp_seconds')).toBeGreaterThan(1.7e9)
    expect(after('sightline_commit_seconds_count')).toBeGreaterThan(0)
  })

  test('hold nothing that a sender chose', async () => {
    await start()
    const secret = 'canary4711'
    await send(
      impression({
        type: `t_${secret}`,
        content: { type: secret, id: secret },
        source: secret,
        metadata: { [secret]: 1 },
      }),
    )
    await send({ events: [{ type: 'click', nonsense: secret }], drops: { [secret]: 1 } })
    expect((await app?.inject(`/metrics?${secret}`))?.payload).not.toContain(secret)
  })

  test('ask for the token, if there is one', async () => {
    const token = 'metrics-token-for-tests-0123456789ab'
    await start({ metricsToken: token })
    expect([await statusWith(), await statusWith('Bearer wrong'), await statusWith(`Bearer ${token}`)]).toEqual([
      401, 401, 200,
    ])
  })
})
