// Words that repeat in every row of `events` are stored as small numbers; the view `event_log` turns them into words again.
import type { ViewEndReason } from '@sightline/sdk/wire'

// A number is never given to another word: rows that hold it outlive the version that wrote them. A new word needs a
// migration that replaces `event_log`.

/** Type of an event. `custom` stands for every name of the site's own, which is kept in `custom_type`. */
export const typeCodes = {
  custom: 0,
  impression: 1,
  view: 2,
  watch: 3,
  click: 4,
  like: 5,
  share: 6,
  page_view: 7,
} as const

/** Way by which an event reached the collector. */
export const channelCodes = { api: 0, sdk: 1 } as const
export type Channel = keyof typeof channelCodes

export const deviceCodes = { other: 0, desktop: 1, mobile: 2, tablet: 3, bot: 4 } as const
export type Device = keyof typeof deviceCodes

/** What ended a view. */
export const endReasonCodes = {
  left: 1,
  hidden: 2,
  pagehide: 3,
  frozen: 4,
  removed: 5,
  recycled: 6,
  route: 7,
  session: 8,
  untracked: 9,
  closed: 10,
  ended: 11,
} as const satisfies Record<ViewEndReason, number>

const codeOfType = new Map<string, number>(Object.entries(typeCodes).filter(([, code]) => code !== typeCodes.custom))

/** Number of a built-in type; `custom` for every other name, also for an event that calls itself "custom". */
export function typeCode(type: string): number {
  return codeOfType.get(type) ?? typeCodes.custom
}
