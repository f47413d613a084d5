// A tracker's word for what happened to an element becomes a sentence that names what was there and what was asked for.

/** What `debug` says beside its sentence about an element. */
export interface StateDetails {
  reason: string
  /** Largest share that was on screen, from 0 to 1. */
  ratio?: number
  /** Time on screen, in milliseconds; nothing before enough of it was there. */
  onScreenMs?: number
  threshold?: number
  minDurationMs?: number
  element?: Element
}

const percent = (share = 0) => `${Math.round(share * 100)} %`
const milliseconds = (ms = 0) => `${ms.toLocaleString('en-US')} ms`

const rules: Record<string, string> = {
  area: 'enough of it was on screen, long enough',
  oversize: 'it filled enough of the screen, long enough',
  interaction: 'it was clicked',
}

/** Why there is no impression; `{}` stands for how long it was on screen. */
const reasons: Record<string, string> = {
  'no size': 'it has no width or no height',
  'page not visible': 'the page is in the background',
  'not painted': 'it is on screen, but the browser paints nothing of it',
  'seen before': 'it was counted before, by this page or an earlier one',
  'display: contents': 'it has no box (display: contents); observe what is inside it',
  left: 'it left the screen after {}',
  hidden: 'the page was hidden after {}',
  pagehide: 'the page was left after {}',
  frozen: 'the browser froze the page after {}',
  removed: 'it was removed from the page after {}',
  recycled: 'its element shows something else after {}',
  route: 'another page was opened after {}',
  session: 'the session ended after {}',
  untracked: 'observe() was ended after {}',
  closed: 'the tracker was closed after {}',
}

export function explainState(isCounted: boolean, details: StateDetails): string {
  const { reason, ratio, onScreenMs, threshold, minDurationMs } = details
  if (isCounted) return `counted: ${rules[reason] ?? reason} (${percent(ratio)})`
  if (reason === 'too little of it') {
    return `not counted: ${percent(ratio)} of it was on screen at most, ${percent(threshold)} are asked for`
  }
  const stay = `${milliseconds(onScreenMs)}, ${milliseconds(minDurationMs)} are asked for`
  return `not counted: ${(reasons[reason] ?? reason).replace('{}', stay)}`
}
