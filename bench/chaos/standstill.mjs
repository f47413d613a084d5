// PostgreSQL stands still at full load: who is told what, how much memory that takes, and how soon all is well again.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { recount } from './recount.mjs'
import { startSenders } from './senders.mjs'

const SENDERS = 256
const BATCH = 50
const WARM_UP_MS = 10_000
const BASELINE_MS = 10_000
const LOOK_EVERY_MS = 200
/** An answer may have been on its way when PostgreSQL was held. */
const ON_ITS_WAY_MS = 250
const WINDOW_MS = 2_000
const AFTER_MS = 20_000
const SHARE_OF_BASELINE = 0.95

export async function runStandstill({ collector, postgres, pauseMs, random, seed, openTables }) {
  const senders = startSenders({
    portOf: collector.port,
    count: SENDERS,
    batch: BATCH,
    seed,
    random,
    replayShare: 0,
    waitsAsTold: true,
  })
  const { answers } = senders
  try {
    await sleep(WARM_UP_MS)
    const baselineFrom = performance.now()
    let memoryBefore = 0
    while (performance.now() - baselineFrom < BASELINE_MS) {
      memoryBefore = Math.max(memoryBefore, await residentBytes(collector.pid()))
      await sleep(LOOK_EVERY_MS)
    }
    const baseline = eventsPerSecond(answers, baselineFrom, performance.now())

    await postgres.pause()
    const pausedAt = performance.now()
    let memoryPeak = 0
    while (performance.now() - pausedAt < pauseMs) {
      memoryPeak = Math.max(memoryPeak, await residentBytes(collector.pid()))
      await sleep(LOOK_EVERY_MS)
    }
    await postgres.resume()
    const resumedAt = performance.now()
    while (performance.now() - resumedAt < AFTER_MS) {
      memoryPeak = Math.max(memoryPeak, await residentBytes(collector.pid()))
      await sleep(LOOK_EVERY_MS)
    }
    await senders.stop()
    await collector.end()

    const during = answers.filter(({ at }) => at > pausedAt && at < resumedAt)
    const first = during.find(({ status }) => status === 503)
    const tables = await openTables()
    const found = await recount(tables.query, tables.countersOffBy, senders.acknowledged).finally(tables.close)
    return {
      name: 'PostgreSQL held still',
      pauseMs,
      senders: SENDERS,
      batch: BATCH,
      baselineEventsPerSecond: baseline,
      first503Ms: first ? first.at - pausedAt : null,
      longestAnswerFree: longestGap(during.map(({ at }) => at - pausedAt)),
      false200: during.filter(({ at, status }) => status === 200 && at > pausedAt + ON_ITS_WAY_MS).length,
      unanswered: during.filter(({ status }) => status === 0).length,
      memoryGrowthBytes: memoryPeak - memoryBefore,
      recoveredMs: recoveredAfter(answers, resumedAt, baseline),
      eventsPerSecondAfter: eventsPerSecond(answers, resumedAt + AFTER_MS / 2, resumedAt + AFTER_MS),
      acknowledged: senders.acknowledged.size,
      ...found,
      wrong: [...senders.faults].map(([what, { count, example }]) => ({ what, count, example })),
    }
  } finally {
    await postgres.resume().catch(() => {})
    await senders.stop()
  }
}

function eventsPerSecond(answers, from, to) {
  let events = 0
  for (const answer of answers) if (answer.at >= from && answer.at < to) events += answer.events
  return (events / (to - from)) * 1_000
}

/** When the first window began in which the throughput was back, in milliseconds after the resumption; null if none. */
function recoveredAfter(answers, resumedAt, baseline) {
  for (let from = resumedAt; from + WINDOW_MS <= resumedAt + AFTER_MS; from += LOOK_EVERY_MS) {
    if (eventsPerSecond(answers, from, from + WINDOW_MS) >= SHARE_OF_BASELINE * baseline) return from - resumedAt
  }
  return null
}

function longestGap(times) {
  let longest = 0
  let last = 0
  for (const time of times) {
    longest = Math.max(longest, time - last)
    last = time
  }
  return longest
}

async function residentBytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024
}
