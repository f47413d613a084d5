// Ids of events: the day inside a UUIDv7, and new ids for callers that send none.
import { randomBytes } from 'node:crypto'
import { utcDay } from '../site-clock'

const DAY_MS = 86_400_000

/** Day of all ids without a usable day. A retry finds its first copy there, because nothing about the day can change. */
export const UNDATED = '1970-01-01'

/**
 * The partition of an event: the UTC day inside its UUIDv7, if that day is kept; otherwise {@link UNDATED}.
 * The time of arrival has no part in it, so a retry after midnight meets the same row.
 */
export function eventDay(id: string, rawRetentionDays: number, now: number): string {
  const idMs = idTime(id)
  if (idMs === undefined) return UNDATED
  const daysAhead = Math.floor(idMs / DAY_MS) - Math.floor(now / DAY_MS)
  return daysAhead >= -rawRetentionDays && daysAhead <= 1 ? utcDay(idMs) : UNDATED
}

/**
 * The other day under which an earlier attempt may have been stored, because the window has moved since: a day that has
 * just entered it was {@link UNDATED} yesterday, and one that has left it was a day of its own. Nothing for nearly every id.
 */
export function otherEventDay(id: string, rawRetentionDays: number, now: number): string | undefined {
  const idMs = idTime(id)
  if (idMs === undefined) return undefined
  const daysAhead = Math.floor(idMs / DAY_MS) - Math.floor(now / DAY_MS)
  if (daysAhead === 1) return UNDATED
  return daysAhead < -rawRetentionDays ? utcDay(idMs) : undefined
}

/** When a UUIDv7 was made, in milliseconds since 1970; nothing for other versions. */
export function idTime(id: string): number | undefined {
  // RFC 9562, section 5.7: the first 48 bits are milliseconds since 1970.
  return id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined
}

/** A new UUIDv7. */
export function mintId(now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
