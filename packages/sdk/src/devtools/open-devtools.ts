// Puts itself between a page and its tracker: everything passes unchanged, and the overlay shows it.
import type { EventMap } from '../core'
import type { TrackerOptions } from '../options'
import type { Tracker } from '../tracker'
import { createJournal } from './journal'
import { openOverlay } from './overlay'

export interface Devtools<Events extends EventMap = EventMap> {
  /** Use it wherever you would use the tracker itself. */
  tracker: Tracker<Events>
  /** Takes the overlay away, with all its listeners and timers. The tracker goes on. */
  destroy(): void
}

/**
 * Makes a tracker and shows an overlay with its queue, its last events and what became of them, and of each observed
 * element whether it was counted and why not. On a server it only makes the tracker.
 *
 * @param create `createTracker` of `@sightline/sdk`
 * @throws TypeError of `createTracker()` when an option is wrong or unknown
 */
export function openDevtools<Events extends EventMap = EventMap>(
  create: (options: TrackerOptions) => Tracker<Events>,
  options: TrackerOptions,
): Devtools<Events> {
  if (typeof create !== 'function') {
    throw new TypeError(
      `openDevtools(): expected createTracker of @sightline/sdk and then its options, got ${typeof create}.`,
    )
  }
  const { beforeSend, onDrop, debug } = options
  const journal = createJournal()

  const tracker = create({
    ...options,
    beforeSend(event) {
      journal.recorded(event)
      return beforeSend ? beforeSend(event) : event
    },
    onDrop(reason, events) {
      journal.dropped(reason, events)
      onDrop?.(reason, events)
    },
    debug(sentence, ...details) {
      journal.said(sentence, details)
      if (typeof debug === 'function') debug(sentence, ...details)
      else if (debug) console.debug(sentence, ...details)
    },
  })

  return {
    tracker: {
      ...tracker,
      observe(element, subject, wishes) {
        const forget = journal.observed(element, subject, false)
        const stop = tracker.observe(element, subject, wishes)
        return () => {
          stop()
          forget()
        }
      },
      observeMedia(media, subject, wishes) {
        const forget = journal.observed(wishes?.element ?? (media as unknown as Element), subject, true)
        const stop = tracker.observeMedia(media, subject, wishes)
        return () => {
          stop()
          forget()
        }
      },
    },
    destroy: openOverlay(journal, tracker.stats),
  }
}
