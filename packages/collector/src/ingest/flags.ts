// What an event says or the collector changed in a word each, as bits of the column `flags`.

import type { WireEvent } from '@sightline/sdk/wire'

export const eventFlags = {
  /** The event told no time, or one outside the accepted window: the time of arrival is used. */
  timeReplaced: 1,
  /** The event had no id: one was made here, so a repeat of the request is stored again. */
  idMinted: 2,
  /** A text was longer than the wire allows and was cut. */
  textCut: 4,
  /** Impression: counted against the viewport, because the element is larger. */
  oversize: 8,
  /** Impression: counted by a click. */
  interaction: 16,
  /** Impression: its stretches on screen were added up. */
  accumulated: 32,
  /** Watch: the media was played to its end. */
  completed: 64,
} as const

/** Bits of what the event itself says. */
export function flagsOf(event: WireEvent): number {
  let flags = 0
  if (event.rule === 'oversize') flags |= eventFlags.oversize
  if (event.rule === 'interaction') flags |= eventFlags.interaction
  if (event.criteria?.accumulate) flags |= eventFlags.accumulated
  if (event.completed) flags |= eventFlags.completed
  return flags
}
