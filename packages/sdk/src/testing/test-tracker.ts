// A real tracker that sends nothing, keeps nothing, and shows every event as soon as it is recorded.
import type { EventMap } from '../core'
import type { TrackerOptions } from '../options'
import { createTracker, type Tracker } from '../tracker'
import type { WireEvent } from '../wire'
import { describeEvents, describeExpected, type ExpectedEvent, matches } from './match'

// Kept from now: a test that fakes time still wants to be told within a second that nothing comes.
const startTimer = setTimeout
const stopTimer = clearTimeout

/** Longest time that `waitFor()` waits, in milliseconds, unless it is told otherwise. */
const WAIT_MS = 1_000

export interface TestTracker<Events extends EventMap = EventMap> {
  /** Give it to what you test. */
  tracker: Tracker<Events>
  /** All events since the start or the last `reset()`, oldest first. */
  readonly events: readonly WireEvent[]
  /**
   * Resolves with the first event that is meant, at once if it is there already.
   *
   * @throws Error that lists what was tracked, after `timeoutMs` milliseconds of real time. @default 1_000
   */
  waitFor(expected: ExpectedEvent, options?: { timeoutMs?: number }): Promise<WireEvent>
  /** Forgets all events, and that any content was seen. What is being observed stays observed. */
  reset(): void
}

/** Options as for `createTracker()`; none is required, and pages are counted only with `autoPage: true`. */
export function createTestTracker<Events extends EventMap = EventMap>(
  options: Partial<TrackerOptions> = {},
): TestTracker<Events> {
  const { beforeSend = (event) => event, onDrop, consent = 'granted' } = options
  let isResetting = false
  const events: WireEvent[] = []
  const waiting = new Set<(event: WireEvent) => void>()

  const tracker = createTracker<Events>({
    endpoint: 'https://collector.invalid',
    autoPage: false,
    storage: 'memory',
    // Whatever is sent has arrived.
    transport: { send: async () => ({ status: 200 }), sendAtExit: () => true },
    ...options,
    onDrop(reason, dropped) {
      if (!isResetting) onDrop?.(reason, dropped)
    },
    beforeSend(event) {
      const edited = beforeSend(event)
      if (edited) {
        // As it would arrive.
        const copy: WireEvent = JSON.parse(JSON.stringify(edited))
        events.push(copy)
        for (const tell of waiting) tell(copy)
      }
      return edited
    },
  })

  return {
    tracker,
    events,
    waitFor(expected, { timeoutMs = WAIT_MS } = {}) {
      const found = events.find((event) => matches(event, expected))
      if (found) return Promise.resolve(found)
      return new Promise((resolve, reject) => {
        const stop = () => {
          stopTimer(timer)
          waiting.delete(tell)
        }
        const tell = (event: WireEvent) => {
          if (!matches(event, expected)) return
          stop()
          resolve(event)
        }
        const timer = startTimer(() => {
          stop()
          const sentence = `waitFor(): expected an ${describeExpected(expected)} within ${timeoutMs} ms`
          reject(new Error(`${sentence}; ${describeEvents(events)}`))
        }, timeoutMs)
        waiting.add(tell)
      })
    },
    reset() {
      events.length = 0
      isResetting = true
      // Only a visitor who refuses makes a tracker forget what was seen.
      tracker.setConsent('denied')
      tracker.setConsent(consent)
      isResetting = false
    },
  }
}
