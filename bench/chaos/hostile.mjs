// Thousands of requests that nobody should send, beside visitors who do nothing wrong.
import { Agent } from 'node:http'
import { startChild } from '../ingest/child.mjs'
import { recount } from './recount.mjs'
import { post, startSenders } from './senders.mjs'

const AT_ONCE = 8
const NEIGHBOURS = 2
const NEIGHBOUR_BATCH = 10
const MAX_BODY_BYTES = 262_144

export async function runHostile({ collector, hostileFile, count, random, seed, openTables }) {
  const { createHostileRequest, createRandom } = await import(hostileFile)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const hostileRandom = createRandom(seed)
  const neighbours = startSenders({
    portOf: collector.port,
    count: NEIGHBOURS,
    batch: NEIGHBOUR_BATCH,
    seed,
    random,
    replayShare: 0,
  })
  const pid = collector.pid()
  const idle = startChild('../chaos/idle-process.mjs')
  await idle.ask('reset')
  await readLoopDelayMs(collector.port())
  await collector.ask('longest turn')
  const statuses = {}
  const wrong = []
  let next = 0
  let stored = 0

  async function attack() {
    while (next < count) {
      const number = next++
      const { rule, body, headers } = createHostileRequest(hostileRandom)
      const { status, text } = await post(collector.port(), body, agent, headers)
      statuses[status] = (statuses[status] ?? 0) + 1
      // Told to be too large, a client that is still writing finds the connection closed.
      const mayBeCut = body.length > MAX_BODY_BYTES || headers['x-filler'] !== undefined
      if (status >= 500 || (status === 0 && !mayBeCut)) wrong.push({ what: `status ${status}`, number, rule, text })
      if (status === 200) stored += JSON.parse(text).tracked
      if (number % 500 === 499) process.stdout.write(`\rhostile bodies: ${number + 1} of ${count} `)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, attack))
  process.stdout.write('\n')
  const loopDelayMs = await readLoopDelayMs(collector.port())
  const { longestTurnMs } = await collector.ask('longest turn')
  const { longestMs: idleProcessMs } = await idle.ask('delay')
  await idle.end()
  await neighbours.stop()
  const isSame = collector.pid() === pid && (await collector.ask()) !== undefined
  await collector.end()
  agent.destroy()

  const tables = await openTables()
  const found = await recount(tables.query, tables.countersOffBy, neighbours.acknowledged).finally(tables.close)
  return {
    name: 'hostile bodies',
    count,
    statuses,
    storedOfThem: stored,
    restarts: isSame ? 0 : 1,
    longestTurnMs,
    loopDelayMs,
    idleProcessMs,
    neighbourEvents: neighbours.acknowledged.size,
    neighbourRetries: neighbours.totals.retries,
    ...found,
    wrong: [...wrong, ...[...neighbours.faults].map(([what, fault]) => ({ what: `neighbour: ${what}`, ...fault }))],
  }
}

/** Median, 99th percentile and longest delay since the last look, in milliseconds. */
async function readLoopDelayMs(port) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const read = (quantile) =>
    Number(new RegExp(`^sightline_event_loop_delay_seconds\\{quantile="${quantile}"\\} (\\S+)`, 'm').exec(text)?.[1]) *
    1_000
  return { median: read('0.5'), p99: read('0.99'), longest: read('1') }
}
