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
  /** Impression: a smaller share would have been enough, if its area is large. */
  largeArea: 128,
  /** The time was moved by what the sender's clock was wrong. */
  timeCorrected: 256,
  /** Sent by a crawler. */
  bot: 512,
  /** Sent by a program that someone runs on purpose: curl, an HTTP library, a browser under test. */
  script: 1_024,
  /** The owner of the content saw it. */
  ownView: 2_048,
  /** A view soon after one that was counted; its duration is counted with that one. */
  repeat: 4_096,
  /** The duration was longer than the content and was cut to its length. */
  durationCut: 8_192,
  /** The visitor's browser asked not to be followed: no viewer, user or session was stored. */
  unnamed: 16_384,
  /** Came when the events of its day were deleted already, so that nobody can tell whether it is a repetition. */
  late: 32_768,
} as const

/** Bits of what the event itself says. */
export function flagsOf(event: WireEvent): number {
  let flags = 0
  if (event.rule === 'oversize') flags |= eventFlags.oversize
  if (event.rule === 'interaction') flags |= eventFlags.interaction
  if (event.criteria?.accumulate) flags |= eventFlags.accumulated
  if (event.criteria?.largeArea) flags |= eventFlags.largeArea
  if (event.completed) flags |= eventFlags.completed
  return flags
}

/** Why a stored event does not count, for the outcome of the day; empty for one that counts. */
export function uncountedReason(counted: boolean, flags: number): '' | 'late' | 'repeat' | 'own' | 'bot' | 'script' {
  if (counted) return ''
  if (flags & eventFlags.late) return 'late'
  if (flags & eventFlags.repeat) return 'repeat'
  if (flags & eventFlags.bot) return 'bot'
  return flags & eventFlags.ownView ? 'own' : 'script'
}
