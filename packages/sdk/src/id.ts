// Ids of events and sessions: UUID version 7 (RFC 9562), which sort by the time they were made.

/** A clock set back by more than this is believed; by less, ids keep growing instead. Milliseconds. */
const CLOCK_SLACK_MS = 1_000

/** Ids that fit into one millisecond; more of them borrow from the next one. */
const TICKS_PER_MS = 1_024

/**
 * Makes ids that grow strictly, also within one millisecond: `rand_a` holds its fraction (RFC 9562, section 6.2, method 3).
 *
 * `crypto.randomUUID` exists on https only, so the random part comes from `getRandomValues`.
 */
export function createIdMaker(now: () => number): () => string {
  let last = 0

  return () => {
    const tick = Math.floor(now()) * TICKS_PER_MS
    last = tick > last || tick < last - CLOCK_SLACK_MS * TICKS_PER_MS ? tick : last + 1
    const bytes = new Uint8Array(8)
    const random = globalThis.crypto?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256)
    random[0] = (random[0]! & 0x3f) | 0x80
    const time = hex(Math.floor(last / TICKS_PER_MS), 12) + hex(0x7000 + (last % TICKS_PER_MS) * 4, 4)
    const id = time + Array.from(random, (byte) => hex(byte, 2)).join('')
    return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
