// From a <script> element to a running tracker at window.sightline, with the calls that were made before it came.
import type { TrackerOptions } from '../options'
import type { Tracker } from '../tracker'
import { readOptions } from './attributes'
import { followMarks } from './marks'

/** One call as data: the name of a tracker's method, then its arguments. */
export type QueuedCall = [method: string, ...args: unknown[]]

/** What stands at `window.sightline`: before the start only the queue, afterwards the tracker as well. */
export interface SightlineGlobal extends Partial<Tracker> {
  q?: { push(...calls: QueuedCall[]): unknown }
}

/**
 * Starts once a page. Does nothing where a tracker runs already, and warns where there is no element to read, which is
 * so in `type="module"`.
 *
 * @throws TypeError of `createTracker()` when a data attribute has a wrong value.
 */
export function startFromScript(
  script: HTMLOrSVGScriptElement | null,
  window: Window & typeof globalThis & { sightline?: SightlineGlobal },
  createTracker: (options: TrackerOptions) => Tracker,
): void {
  if (!script) {
    console.warn(
      'Sightline tracks nothing: expected <script defer src="…">, found no element. In a module, use createTracker() of @sightline/sdk.',
    )
    return
  }

  // An element with id="sightline" is at window.sightline too, so only a tracker without a waiting queue is one of ours.
  const before = window.sightline
  const waiting = Array.isArray(before?.q) ? (before.q as QueuedCall[]) : []
  if (typeof before?.track === 'function' && before.q !== waiting) return

  const options = readOptions(script, window.location.href)
  const tracker = createTracker(options)
  const unfollow = followMarks(window, tracker, (problem) => options.debug && console.debug(`Sightline: ${problem}`))
  const running: Tracker = {
    ...tracker,
    close() {
      unfollow()
      tracker.close()
    },
  }

  const call = ([method, ...args]: QueuedCall): void => {
    const act: unknown = running[method as keyof Tracker]
    if (typeof act === 'function') act(...args)
    else if (options.debug) console.debug(`Sightline: expected the name of a method in the queue, got "${method}".`)
  }
  window.sightline = { ...running, q: { push: (...calls) => calls.forEach(call) } }
  waiting.forEach(call)
}
