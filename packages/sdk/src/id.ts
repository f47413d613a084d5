// Ids of events, sessions and visitors: UUID version 7 (RFC 9562), which sort by the time they were made.
import { attempt } from './attempt'

/** A clock set back by more than this is believed; by less, ids keep growing instead. Milliseconds. */
const CLOCK_SLACK_MS = 1_000

/** Ids that fit into one millisecond; more of them borrow from the next one. */
const TICKS_PER_MS = 1_024

export const isUuid = (text: unknown): text is string => /^[\da-f-]{36}$/.test(String(text))

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
    const random = new Uint32Array(2)
    if (!attempt(() => crypto.getRandomValues(random))) random.set([Math.random() * 2 ** 32, Math.random() * 2 ** 32])
    const time = hex(Math.floor(last / TICKS_PER_MS), 12)
    const fraction = hex(0x7000 + (last % TICKS_PER_MS) * 4, 4)
    const variant = hex(0x8000 + (random[0]! & 0x3fff), 4)
    const node = hex(random[0]! >>> 16, 4) + hex(random[1]!, 8)
    return `${time.slice(0, 8)}-${time.slice(8)}-${fraction}-${variant}-${node}`
  }
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
