// Whatever the internet sends: no answer of 500 or more, no restart, and whoever is beside it is stored.
import { expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { onBothDatabases } from './support/databases'
import { countersOffBy, impression, storedIds } from './support/events'
import { createHostileRequest, createRandom } from './support/hostile-bodies'

const BODIES = 1_500
const AT_ONCE = 10
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

onBothDatabases(`${BODIES} hostile bodies, SEED=${seed},`, (database) => {
  test('are answered without a fault of ours, and neighbours in the same group commit are stored', async () => {
    const app = await buildCollector({ db: database(), config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
    const random = createRandom(seed)
    const send = (payload: Buffer | object, headers = {}) =>
      app.inject({ method: 'POST', url: '/v1/events', headers, payload })
    const faults: unknown[] = []
    const good: string[] = []
    for (let sent = 0; sent < BODIES; sent += AT_ONCE) {
      const requests = Array.from({ length: AT_ONCE }, () => createHostileRequest(random))
      const neighbour = impression()
      good.push(neighbour.id ?? '')
      const [beside, ...answers] = await Promise.all([
        send(neighbour),
        ...requests.map(({ body, headers }) => send(body, headers)),
      ])
      if (beside.statusCode !== 200 || beside.json().tracked !== 1) faults.push(beside.payload)
      for (const [place, { statusCode, payload }] of answers.entries()) {
        const rule = requests[place]?.rule
        if (statusCode >= 500) faults.push({ number: sent + place, rule, statusCode, payload })
        else if (statusCode === 200) {
          const { success, tracked, duplicates, errors, dropped } = JSON.parse(payload)
          if (success !== (errors.length === 0) || tracked + duplicates === 0) faults.push({ rule, payload, dropped })
        } else if (!/"(code|errors)":/.test(payload)) faults.push({ rule, statusCode, payload })
      }
    }
    await app.close()
    expect(faults).toEqual([])
    expect(await storedIds(database())).toEqual(expect.arrayContaining(good))
    expect(await countersOffBy(database())).toEqual([])
  })
})

function firstRules(): string[] {
  const random = createRandom(7)
  return Array.from({ length: 50 }, () => createHostileRequest(random).rule)
}

test('a seed makes the same bodies again', () => {
  expect(firstRules()).toEqual(firstRules())
  expect(new Set(firstRules()).size).toBeGreaterThan(5)
})
