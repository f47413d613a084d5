// A content that leaves one element and appears on another within one task has not moved at all.
import type { Sight } from './sight'

export interface Handover {
  /** Its registration was stopped. It ends with the task, unless it appears again before. */
  leave(sight: Sight): void
  /** It was registered just now. */
  arrive(sight: Sight): void
  /** The content under this key that is about to end. */
  findLeaving(key: string): Sight | undefined
  /** It lives on, or it has ended otherwise. */
  release(sight: Sight): void
  /** Ends what is about to end; called by itself when the task is over. */
  reconcile(): void
}

/** `finish` ends a content; `heir` is the same one on an element that was registered before the old one was stopped. */
export function createHandover(finish: (sight: Sight, heir: Sight | undefined) => void): Handover {
  const leaving = new Map<string, Sight>()
  const arriving = new Map<string, Sight>()
  let isScheduled = false

  function reconcile(): void {
    for (const [key, sight] of leaving) {
      leaving.delete(key)
      finish(sight, arriving.get(key))
    }
    arriving.clear()
  }

  // At the end of the task: frameworks unmount and mount the same content within one.
  function reconcileSoon(): void {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(() => {
      isScheduled = false
      reconcile()
    })
  }

  return {
    leave(sight) {
      const before = leaving.get(sight.key)
      if (before && before !== sight) finish(before, undefined)
      leaving.set(sight.key, sight)
      reconcileSoon()
    },
    arrive(sight) {
      arriving.set(sight.key, sight)
      reconcileSoon()
    },
    findLeaving: (key) => leaving.get(key),
    release(sight) {
      for (const list of [leaving, arriving]) if (list.get(sight.key) === sight) list.delete(sight.key)
    },
    reconcile,
  }
}
