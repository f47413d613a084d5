// From what happened to a verdict for each promise.

const MEBIBYTE = 2 ** 20

/** What must hold, whatever happens. */
const limits = { first503Ms: 5_000, memoryGrowthBytes: 64 * MEBIBYTE, recoveredMs: 10_000, loopDelayMs: 50 }

const exactly = (what, value, wanted) => ({ what, value, wanted: String(wanted), kept: value === wanted })
const atLeast = (what, value, least) => ({ what, value, wanted: `at least ${least}`, kept: value >= least })
const atMost = (what, value, most) => ({
  what,
  value,
  wanted: `at most ${most}`,
  kept: value !== null && value <= most,
})

const forComparison = (what, value) => ({ what, value: round(value), wanted: 'for comparison', kept: true })

function judgeTables({ name, lost, storedTwice, countersDifferent, outcomesDifferent, wrong }) {
  return [
    exactly(`${name}: acknowledged events lost`, lost, 0),
    exactly(`${name}: events stored twice`, storedTwice, 0),
    exactly(`${name}: counters different from a recount`, countersDifferent, 0),
    exactly(`${name}: "tracked" more or less than the rows`, outcomesDifferent, 0),
    exactly(`${name}: answers that may never be given`, wrong.length, 0),
  ]
}

export function judge({ postgres, pglite, standstill, hostile }, size) {
  const verdicts = []
  for (const storm of [postgres, pglite]) {
    if (!storm) continue
    const faults = Object.entries(storm.faults)
      .map(([kind, count]) => `${count} × ${kind}`)
      .join(', ')
    verdicts.push(atLeast(`${storm.name}: acknowledged events over ${faults}`, storm.acknowledged, size.events))
    verdicts.push(...judgeTables(storm))
  }
  if (standstill) {
    const seconds = standstill.pauseMs / 1_000
    verdicts.push(
      atMost(`held still for ${seconds} s: first 503 after ms`, round(standstill.first503Ms), limits.first503Ms),
      exactly('held still: 200 while nothing could be stored', standstill.false200, 0),
      atMost(
        'held still: MiB of memory more',
        round(standstill.memoryGrowthBytes / MEBIBYTE),
        limits.memoryGrowthBytes / MEBIBYTE,
      ),
      atMost('held still: 95 % of the throughput again after ms', round(standstill.recoveredMs), limits.recoveredMs),
      ...judgeTables(standstill),
    )
  }
  if (hostile) {
    verdicts.push(
      exactly(`${hostile.count} hostile bodies: restarts`, hostile.restarts, 0),
      atMost(
        'hostile bodies: longest turn of the event loop, CPU ms',
        round(hostile.longestTurnMs),
        limits.loopDelayMs,
      ),
      forComparison('  how late a timer was, ms', hostile.loopDelayMs.longest),
      forComparison('  and in an idle process beside it', hostile.idleProcessMs),
      ...judgeTables(hostile),
    )
  }
  return verdicts
}

const round = (value) => (value === null ? null : Math.round(value))

export function formatVerdicts(verdicts) {
  const width = Math.max(...verdicts.map(({ what }) => what.length))
  return verdicts
    .map(({ what, value, wanted, kept }) => {
      const shown = value === null ? 'never' : value.toLocaleString('en-US')
      return `${kept ? 'pass' : 'MISS'}  ${what.padEnd(width)}  ${shown.padStart(9)}  ${wanted}`
    })
    .join('\n')
}
