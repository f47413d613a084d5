// What the collector changed about an event, as bits of the column `flags`.

export const eventFlags = {
  /** The event told no time, or one outside the accepted window: the time of arrival is used. */
  timeReplaced: 1,
  /** The event had no id: one was made here, so a repeat of the request is stored again. */
  idMinted: 2,
  /** A text was longer than the wire allows and was cut. */
  textCut: 4,
} as const
