// A time that someone wrote becomes milliseconds since 1970, by one rule wherever a time is read.

/** ISO 8601 with a zone: without one, the same text would be another time on another machine. */
const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i

export const EXPECTED_INSTANT = 'expected milliseconds since 1970, or an ISO 8601 time with a zone'

/** `NaN` for what is no such time. Digits behind the milliseconds are cut off. */
export function readInstant(text: string): number {
  return ISO_INSTANT.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN
}
