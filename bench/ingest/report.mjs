// From the samples of all rounds to a table, and to a verdict for each limit.
import { median, quantile } from '../observe/statistics.mjs'

/** What the collector must reach. Shares are rows per CPU-second against the limit, or against the peer. */
const limits = {
  shareOfLimit: 0.5,
  timesThePeer: 4,
  singlePerSecond: 5_000,
  tensPerSecond: 30_000,
  /** Rows per second of the limit at which the two above were set; on a slower machine they are lowered with it. */
  limitPerSecond: 55_000,
  p99Ms: 100,
  pglitePerSecond: 10_000,
  bytesPerEvent: 280,
}

/** One row for each variant: medians over the rounds. */
export function toRows(variants, rounds) {
  return variants.map(({ name, title }) => {
    const samples = rounds.map((round) => round[name])
    const each = (pick) => median(samples.map(pick))
    const rates = samples.map(ratePerCpuSecond)
    return {
      name,
      title,
      events: samples[0].events,
      nodeMicroseconds: each((sample) => (sample.nodeSeconds / sample.events) * 1e6),
      postgresMicroseconds: each((sample) => (sample.postgresSeconds / sample.events) * 1e6),
      perCpuSecond: median(rates),
      spread: [Math.min(...rates), Math.max(...rates)],
      // Round by round, so that a busy round is compared with itself.
      ofLimit: share(rounds, name, 'limit'),
      ofPeer: share(rounds, name, 'peer'),
      perSecond: each((sample) => sample.events / sample.seconds),
    }
  })
}

const ratePerCpuSecond = ({ events, nodeSeconds, postgresSeconds }) => events / (nodeSeconds + postgresSeconds)

function share(rounds, name, against) {
  return median(rounds.map((round) => ratePerCpuSecond(round[name]) / ratePerCpuSecond(round[against])))
}

const atLeast = (limit, value, least, digits = 0) => ({ limit, least, value, digits, kept: value >= least })
const atMost = (limit, value, most, digits = 0) => ({ limit, most, value, digits, kept: value <= most })

/** @returns one verdict for each limit */
export function judge(rows, { bytesPerEvent, waitedMs }) {
  const row = Object.fromEntries(rows.map((one) => [one.name, one]))
  const scale = Math.min(1, row.limit.perSecond / limits.limitPerSecond)
  return [
    atLeast('batches of 50: share of the limit, per CPU-second', row.fifties.ofLimit, limits.shareOfLimit, 2),
    atLeast('batches of 50: times the peer, per CPU-second', row.fifties.ofPeer, limits.timesThePeer, 2),
    atLeast('batches of 10: events/s', row.tens.perSecond, limits.tensPerSecond * scale),
    atLeast('single events: requests/s', row.singles.perSecond, limits.singlePerSecond * scale),
    atMost('batches of 10 at half load: p99 ms', quantile(waitedMs, 0.99), limits.p99Ms, 1),
    atLeast('PGlite, batches of 50: events/s', row.pglite.perSecond, limits.pglitePerSecond),
    atMost('bytes per event on disk, indexes included', bytesPerEvent.total, limits.bytesPerEvent),
  ]
}

const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

export function formatRows(rows) {
  return align([
    ['', 'Node µs', 'PG µs', 'rows/CPU-s', '(least – most)', 'of limit', '× peer', 'rows/s'],
    ...rows.map((row) => [
      row.title,
      number(row.nodeMicroseconds, 1),
      number(row.postgresMicroseconds, 1),
      number(row.perCpuSecond),
      row.spread.map((rate) => number(rate)).join(' – '),
      number(row.ofLimit, 2),
      number(row.ofPeer, 2),
      number(row.perSecond),
    ]),
  ])
}

export function formatVerdicts(verdicts) {
  return align(
    verdicts.map(({ limit, least, most, value, digits, kept }) => [
      `${kept ? 'pass' : 'MISS'}  ${limit}`,
      number(value, digits),
      least === undefined ? `at most ${number(most, digits)}` : `at least ${number(least, digits)}`,
    ]),
  )
}

function align(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines
    .map((line) =>
      line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  '),
    )
    .join('\n')
}
