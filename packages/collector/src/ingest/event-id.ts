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
  if (id[14] !== '7') return UNDATED
  // RFC 9562, section 5.7: the first 48 bits are milliseconds since 1970.
  const idMs = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  const daysAhead = Math.floor(idMs / DAY_MS) - Math.floor(now / DAY_MS)
  return daysAhead >= -rawRetentionDays && daysAhead <= 1 ? utcDay(idMs) : UNDATED
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
