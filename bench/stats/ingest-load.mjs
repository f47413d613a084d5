// Ingest while questions are asked: how much it takes at most, and half of that on schedule.
import { createBodies } from '../ingest/events.mjs'
import { sendAll } from '../ingest/load.mjs'

const EVENTS_A_BATCH = 10
const CONNECTIONS = 64
const WARM_UP_EVENTS = 10_000
const BURST_EVENTS = 30_000

let seed = 1

/** @returns events a second, as fast as they are answered */
export async function measureIngest(port) {
  await sendAll(port, createBodies(WARM_UP_EVENTS, EVENTS_A_BATCH, seed++), { connections: CONNECTIONS })
  const bodies = createBodies(BURST_EVENTS, EVENTS_A_BATCH, seed++)
  const { seconds } = await sendAll(port, bodies, { connections: CONNECTIONS })
  return BURST_EVENTS / seconds
}

/** @returns `waitedMs` of each request, once all were answered, and `isOver()` */
export function loadHalf(port, perSecond, seconds) {
  const batches = Math.floor(((perSecond / 2) * seconds) / EVENTS_A_BATCH)
  const bodies = createBodies(batches * EVENTS_A_BATCH, EVENTS_A_BATCH, seed++)
  let over = false
  const waitedMs = sendAll(port, bodies, { connections: CONNECTIONS, everyMs: (seconds * 1_000) / batches }).then(
    (sent) => sent.waitedMs,
  )
  const end = () => {
    over = true
  }
  waitedMs.then(end, end)
  return { waitedMs, isOver: () => over }
}
