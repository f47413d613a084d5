// From the samples of all rounds to rows, verdicts and a table.
import { best, median, medianInterval, quantile } from './statistics.mjs'

/** What Sightline must keep. Milliseconds are CPU time of the main thread. */
export const limits = { ratioToShared: 1.05, registerMs: 30, registerCount: 10_000, reachable: 0 }

const names = {
  none: 'no observer',
  shared: 'one bare shared observer',
  sharedAgain: 'the same again (noise)',
  sightline: 'Sightline',
  perElement: 'one observer per element',
  react: 'react-intersection-observer',
}

/** A row for each variant of one size; everything but `startMs`, `registerMs` and `firstMs` is per frame. */
export function toRows(count, rounds) {
  const all = (variant, field) => rounds.flatMap((round) => round[variant][field])
  const base = { scroll: all('none', 'scroll'), script: all('none', 'script') }
  const extraOf = (variant, field) => all(variant, field).map((ms, index) => ms - base[field][index])
  const [shared, again] = ['shared', 'sharedAgain'].map((variant) => extraOf(variant, 'scroll'))
  const both = shared.map((ms, index) => (ms + again[index]) / 2)
  return Object.keys(rounds[0]).map((variant) => {
    const extra = extraOf(variant, 'scroll')
    // A bare page has only the other one to be compared with.
    const bare = variant.startsWith('shared') ? shared : both
    const bareMs = median(bare)
    // Each turn against the bare pages' turns beside it. A median of quotients would be too high: noise divides too.
    const beyond = extra.map((ms, index) => ms - bare[index])
    const still = rounds.map((round) => round[variant].stillMs - round.none.stillMs)
    return {
      count,
      variant,
      frameMs: { best: best(all(variant, 'scroll')), median: median(all(variant, 'scroll')) },
      extraMs: { median: median(extra), quartiles: [quantile(extra, 0.25), quantile(extra, 0.75)] },
      extraScriptMs: median(extraOf(variant, 'script')),
      ratio: {
        median: 1 + median(beyond) / bareMs,
        interval: medianInterval(beyond).map((ms) => 1 + ms / bareMs),
      },
      extraStillMs: median(still),
      startMs: best(all(variant, 'startMs')),
      registerMs: lessPlain(all, variant, 'registerMs', 'plainScriptMs'),
      firstMs: lessPlain(all, variant, 'firstMs', 'plainMs'),
    }
  })
}

/** What was measured less what the same page needs without observing; each the best, and the median, of its rounds. */
function lessPlain(all, variant, field, plainField) {
  const less = (statistic) => statistic(all(variant, field)) - statistic(all(variant, plainField))
  return { best: less(best), median: less(median) }
}

/** @returns one verdict for each limit */
export function judge(rows, leftovers) {
  const ours = rows.filter(({ variant }) => variant === 'sightline')
  const ratios = ours.map(({ count, ratio }) => ({
    limit: `ratio to one bare shared observer, ${count} elements: at most ${limits.ratioToShared} (median)`,
    value: ratio.median,
    kept: ratio.median <= limits.ratioToShared,
    decided: ratio.interval[1] <= limits.ratioToShared || ratio.interval[0] > limits.ratioToShared,
  }))
  const registrations = ours
    .filter(({ count }) => count === limits.registerCount)
    .map(({ count, registerMs }) => ({
      limit: `registration of ${count} elements: at most ${limits.registerMs} ms (best)`,
      value: registerMs.best,
      kept: registerMs.best <= limits.registerMs,
      decided: true,
    }))
  const { stopped, forgotten, kept } = leftovers
  const leaks = [
    ['reachable elements, observation stopped', stopped.reachable, stopped.reachable <= limits.reachable],
    ['reachable elements, only removed', forgotten.reachable, forgotten.reachable <= limits.reachable],
    ['observed targets after stopping', stopped.targets, stopped.targets === 0],
    [
      'timers and observers after close()',
      stopped.timers + stopped.observers,
      stopped.timers + stopped.observers === 0,
    ],
    ['reachable elements when the page keeps them (control: all)', kept.reachable, kept.reachable === kept.made],
  ].map(([limit, value, isKept]) => ({ limit, value, kept: isKept, decided: true }))
  return [...ratios, ...registrations, ...leaks]
}

export function formatRows(rows) {
  const head = [
    '',
    'frame best',
    'median',
    'extra',
    '(quartiles)',
    'script',
    'ratio',
    '(95 %)',
    'still',
    'start',
    'register',
    'first',
  ]
  const lines = rows.map(
    ({ variant, frameMs, extraMs, extraScriptMs, ratio, extraStillMs, startMs, registerMs, firstMs }) => [
      names[variant],
      frameMs.best.toFixed(3),
      frameMs.median.toFixed(3),
      extraMs.median.toFixed(3),
      range(extraMs.quartiles),
      extraScriptMs.toFixed(3),
      variant === 'none' ? '' : ratio.median.toFixed(3),
      variant === 'none' ? '' : range(ratio.interval),
      extraStillMs.toFixed(3),
      startMs.toFixed(1),
      registerMs.best.toFixed(1),
      firstMs.best.toFixed(1),
    ],
  )
  return align([head, ...lines])
}

export function formatLeftovers(leftovers) {
  const head = ['', 'made', 'reachable', 'targets', 'timers', 'observers']
  const lines = Object.entries(leftovers).map(([name, { made, reachable, targets, timers, observers }]) =>
    [name, made, reachable, targets, timers, observers].map(String),
  )
  return align([head, ...lines])
}

export function formatVerdicts(verdicts) {
  return verdicts
    .map(({ limit, value, kept, decided }) => {
      const word = kept ? 'kept  ' : 'MISSED'
      const doubt = decided ? '' : ' · the interval covers the limit: run more rounds'
      return `${word} ${limit}: ${Number.isInteger(value) ? value : value.toFixed(3)}${doubt}`
    })
    .join('\n')
}

function range([low, high]) {
  return `${low.toFixed(2)}–${high.toFixed(2)}`
}

function align(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  return table
    .map((row) =>
      row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  '),
    )
    .join('\n')
}
