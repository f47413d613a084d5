// Ids of events and sessions: UUID version 7 (RFC 9562), which sort by the time they were made.

/** A clock set back by more than this is believed; by less, ids keep growing instead. Milliseconds. */
const CLOCK_SLACK_MS = 1_000

const COUNTER_MAX = 0xfff

/**
 * Makes ids that grow strictly, also within one millisecond (12-bit counter in the place of `rand_a`).
 *
 * `crypto.randomUUID` exists on https only, so the random part comes from `getRandomValues`.
 */
export function createIdMaker(now: () => number): () => string {
  let lastMs = -Infinity
  let counter = 0

  return () => {
    const nowMs = Math.floor(now())
    const random = randomBytes(10)
    if (nowMs > lastMs || nowMs < lastMs - CLOCK_SLACK_MS) {
      lastMs = nowMs
      // Half of the counter is left free, so that a burst rarely has to borrow from the next millisecond.
      counter = ((random[8]! << 8) | random[9]!) & 0x7ff
    } else if (++counter > COUNTER_MAX) {
      lastMs++
      counter = 0
    }
    random[0] = (random[0]! & 0x3f) | 0x80
    const time = hex(lastMs, 12)
    const tail = Array.from(random.subarray(0, 8), (byte) => hex(byte, 2)).join('')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(counter, 3)}-${tail.slice(0, 4)}-${tail.slice(4)}`
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  try {
    return crypto.getRandomValues(bytes)
  } catch {
    return bytes.map(() => Math.random() * 256)
  }
}
