// From the samples of all rounds to tables, ratios against Sightline, and verdicts.
import { align } from '../delivery/report.mjs'
import { median } from '../observe/statistics.mjs'

/** A call with 1,000 events queued, in microseconds, at the 95th percentile. */
const QUEUED_P95_US = 1_000

const titles = {
  thousand: '1,000 calls',
  tenThousand: '10,000 calls',
  queued: '1,000 calls with 1,000 events queued',
}

/** By kind of measurement, one row for each SDK: medians over the rounds. */
export function toRows(rounds) {
  const keys = Object.keys(rounds[0])
  return Object.fromEntries(
    Object.keys(rounds[0][keys[0]]).map((kind) => [
      kind,
      keys.map((key) => {
        const samples = rounds.map((round) => round[key][kind])
        const fields = Object.keys(samples[0]).map((field) => [field, median(samples.map((sample) => sample[field]))])
        return { key, ...Object.fromEntries(fields) }
      }),
    ]),
  )
}

export function formatRows(rows, kind, nameOf) {
  const ours = rows.find(({ key }) => key === 'sightline')
  const isSent = kind !== 'queued'
  const head = [titles[kind], 'median µs', 'p95', 'longest', '× ours', 'CPU µs/event', '× ours']
  return align([
    [...head, ...(isSent ? ['bytes/event', '× ours', 'requests', 'arrived'] : [])],
    ...rows.map((row) => [
      nameOf(row.key),
      row.medianUs.toFixed(1),
      row.p95Us.toFixed(0),
      row.longestUs.toFixed(0),
      ratio(row.medianUs, ours.medianUs),
      row.cpuUs.toFixed(1),
      ratio(row.cpuUs, ours.cpuUs),
      ...(isSent
        ? [
            row.bytesPerEvent.toFixed(0),
            ratio(row.bytesPerEvent, ours.bytesPerEvent),
            row.requests.toFixed(0),
            row.arrived.toFixed(0),
          ]
        : []),
    ]),
  ])
}

export function formatSizes(sizes, rows, nameOf) {
  const aloneOf = (key) => rows.alone.find((row) => row.key === key).bytesPerEvent
  return align([
    ['bundle', 'version', 'minified', 'brotli', '× ours', 'one event alone, bytes', '× ours'],
    ...Object.entries(sizes).map(([key, { version, minified, brotli }]) => [
      nameOf(key),
      version,
      String(minified),
      String(brotli),
      ratio(brotli, sizes.sightline.brotli),
      aloneOf(key).toFixed(0),
      ratio(aloneOf(key), aloneOf('sightline')),
    ]),
  ])
}

/** What Sightline promises here. */
export function judge(rows, sizes) {
  const brotli = Object.entries(sizes).map(([key, size]) => ({ key, brotli: size.brotli }))
  return [
    ...['thousand', 'tenThousand'].flatMap((kind) => [
      leastOf(rows[kind], 'medianUs', `${titles[kind]}: the shortest call`),
      leastOf(rows[kind], 'cpuUs', `${titles[kind]}: the least CPU`),
      leastOf(rows[kind], 'bytesPerEvent', `${titles[kind]}: the fewest bytes per event`),
    ]),
    leastOf(rows.alone, 'bytesPerEvent', 'one event alone: the fewest bytes'),
    leastOf(brotli, 'brotli', 'the smallest bundle'),
    ...rows.queued
      .filter(({ key }) => key === 'sightline')
      .map(({ p95Us }) => ({
        promise: `${titles.queued}: p95 below ${QUEUED_P95_US} µs`,
        kept: p95Us < QUEUED_P95_US,
        told: `${p95Us.toFixed(0)} µs`,
      })),
  ]
}

function leastOf(rows, field, promise) {
  const ours = rows.find(({ key }) => key === 'sightline')
  const least = rows.filter(({ key }) => key !== 'sightline').toSorted((a, b) => a[field] - b[field])[0]
  return {
    promise,
    kept: ours[field] < least[field],
    told: `${ours[field].toFixed(1)}, next ${least.key} ${least[field].toFixed(1)}`,
  }
}

export function formatVerdicts(verdicts) {
  return verdicts.map(({ promise, kept, told }) => `${kept ? 'kept  ' : 'MISSED'} ${promise}: ${told}`).join('\n')
}

const ratio = (value, ours) => `${(value / ours).toFixed(1)}×`
