// How much one network may send: a bucket that fills again at a steady rate and lets short bursts through.

export interface RateLimit {
  /** Events a second. 0 limits nothing. */
  perSecond: number
  /** Events at once, after a pause. */
  burst: number
}

export interface RateLimiter {
  /** Takes `amount` for a key: 0 when it may go on, else the milliseconds until it may, and then nothing is taken. */
  take(key: string, amount: number): number
  /** The same for the smallest amount, without taking it. */
  waitMs(key: string): number
}

interface Bucket {
  left: number
  atMs: number
}

/** Keys that are remembered; whoever is forgotten begins with a full bucket. At this many they fill about 8 MB. */
const MAX_KEYS = 50_000
const HAIR = 1e-6

/** @param now monotonic or wall clock in milliseconds; a clock that goes back only lets the bucket fill later. */
export function createRateLimiter({ perSecond, burst }: RateLimit, now: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const full = Math.max(burst, 1)

  function fill(key: string): Bucket {
    const at = now()
    const known = buckets.get(key)
    if (!known) return { left: full, atMs: at }
    known.left = Math.min(full, known.left + (Math.max(0, at - known.atMs) * perSecond) / 1_000)
    known.atMs = at
    return known
  }

  function keep(key: string, bucket: Bucket): void {
    // The map keeps the order of the last use, so its first key is the one that was quiet for longest.
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size <= MAX_KEYS) return
    const [quietest] = buckets.keys()
    if (quietest !== undefined) buckets.delete(quietest)
  }

  // More than a bucket holds goes through when it is full, and is paid back before anything else goes through.
  const lacks = (bucket: Bucket, amount: number) => Math.max(0, Math.min(amount, full) - bucket.left)
  // Sums of fractions miss whole numbers by a hair.
  const toMs = (amount: number) => Math.ceil((amount * 1_000) / perSecond - HAIR)

  return {
    take(key, amount) {
      if (perSecond === 0) return 0
      const bucket = fill(key)
      const missingMs = toMs(lacks(bucket, amount))
      if (missingMs <= 0) bucket.left -= amount
      keep(key, bucket)
      return Math.max(0, missingMs)
    },
    waitMs(key) {
      return perSecond === 0 || !buckets.has(key) ? 0 : Math.max(0, toMs(lacks(fill(key), 1)))
    },
  }
}
