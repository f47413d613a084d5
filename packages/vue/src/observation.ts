// One element under observation: told the latest state after every render, it decides whether that is a new beginning.
import type { Subject } from '@sightline/sdk'

export interface Observation<Target, Options> {
  /** Another element, content or other options start anew; everything else is kept and read when an event is made. */
  update(element: Target, subject: Subject, options?: Options): void
  stop(): void
}

/** `start` begins to observe an element; what it returns ends that. */
export function createObservation<Target, Options>(
  start: (element: Target, read: () => Subject, options?: Options) => () => void,
): Observation<Target, Options> {
  let current: { element: Target; key: string; subject: Subject; stop: () => void } | undefined

  return {
    update(element, subject, options) {
      const key = JSON.stringify([subject.content.type, String(subject.content.id), options])
      if (current?.element === element && current.key === key) {
        current.subject = subject
        return
      }
      current?.stop()
      // The last view of the previous content keeps its own position and source: each start has a slot of its own.
      const next = { element, key, subject, stop: () => {} }
      next.stop = start(element, () => next.subject, options)
      current = next
    },
    stop() {
      current?.stop()
      current = undefined
    },
  }
}
