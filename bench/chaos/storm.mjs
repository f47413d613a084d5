// Kills, stops and cuts under load, in an order of chance; then a recount.
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '../ingest/child.mjs'
import { recount } from './recount.mjs'
import { startSenders } from './senders.mjs'

const SENDERS = 12
const BATCH = 25
/** Between two faults; enough for some batches to come through, too short for the next group to be alone. */
const PAUSE_MS = [30, 350]
const LONGEST_WITHOUT_PROGRESS_MS = 30_000

/** Starts a collector that can be killed; `port()` is that of the one that runs now. */
export async function startCollector(env) {
  let child
  let port = 0
  async function start() {
    child = startChild('collector-process.mjs', { env: { ...env, LOG_LEVEL: 'silent' } })
    ;({ port } = await child.ask('port'))
  }
  await start()
  return {
    port: () => port,
    pid: () => child.pid,
    ask: (question = 'cpu') => child.ask(question),
    async kill() {
      await child.kill()
      await start()
    },
    end: () => child.end(),
  }
}

/**
 * @param faults how many of each kind: `kill` the collector, `stop` PostgreSQL at once, `cut` after COMMIT
 * @param inflict what does each of them
 */
export async function runStorm({ name, collector, faults, inflict, random, seed, leastEvents, openTables }) {
  const senders = startSenders({ portOf: collector.port, count: SENDERS, batch: BATCH, seed, random })
  const order = shuffle(
    Object.entries(faults).flatMap(([kind, count]) => Array(count).fill(kind)),
    random,
  )
  const startedAt = performance.now()
  const { acknowledged } = senders
  try {
    for (const [place, kind] of order.entries()) {
      const before = acknowledged.size
      await sleep(PAUSE_MS[0] + random() * (PAUSE_MS[1] - PAUSE_MS[0]))
      await progress(before)
      // Spread over the whole storm, not all of them before most of the events.
      while (acknowledged.size < (leastEvents * place) / order.length) await progress(acknowledged.size)
      await inflict[kind]()
      process.stdout.write(`\r${name}: ${place + 1} of ${order.length} faults, ${acknowledged.size} events `)
    }
    while (acknowledged.size < leastEvents) await progress(acknowledged.size)
  } finally {
    await senders.stop()
    process.stdout.write('\n')
  }
  const seconds = (performance.now() - startedAt) / 1_000
  await collector.end()

  const tables = await openTables()
  try {
    const found = await recount(tables.query, tables.countersOffBy, acknowledged)
    const wrong = [...senders.faults].map(([what, { count, example }]) => ({ what, count, example }))
    return { name, faults, seconds, acknowledged: acknowledged.size, ...senders.totals, ...found, wrong }
  } finally {
    await tables.close()
  }

  async function progress(before) {
    const until = performance.now() + LONGEST_WITHOUT_PROGRESS_MS
    while (acknowledged.size === before) {
      if (performance.now() > until) throw new Error(`chaos: ${name}: nothing was acknowledged for 30 seconds.`)
      await sleep(5)
    }
  }
}

/** Fisher and Yates. */
function shuffle(items, random) {
  for (let last = items.length - 1; last > 0; last--) {
    const place = Math.floor(random() * (last + 1))
    ;[items[last], items[place]] = [items[place], items[last]]
  }
  return items
}
