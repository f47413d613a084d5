// Random numbers that come out the same for the same seed, and the few ways in which sample data draws from them.

export interface SeededRandom {
  /** From 0 up to, not including, 1. */
  next(): number
  /** `true` with this probability. */
  chance(probability: number): boolean
  /** Whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** One of the values, in proportion to its weight. */
  pick<Value>(weighted: readonly (readonly [Value, weight: number])[]): Value
  /** Log-normal: half of the draws are below `median`, few are far above it. */
  around(median: number, spread: number): number
  /** UUID version 7 of a moment in the past, in milliseconds since 1970 (RFC 9562, 5.7). */
  uuidAt(atMs: number): string
}

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return state >>> 0
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')

/** Mulberry32, a generator with 32 bits of state: far from secure, and quick. */
export function createSeededRandom(seed: string): SeededRandom {
  let state = hash(seed)

  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const bits = (count: number) => Math.floor(next() * 2 ** count)

  return {
    next,
    chance: (probability) => next() < probability,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick(weighted) {
      let left = next() * weighted.reduce((sum, [, weight]) => sum + weight, 0)
      const found = weighted.find(([, weight]) => (left -= weight) < 0) ?? weighted.at(-1)
      if (found === undefined) throw new RangeError('pick(): expected at least one value, got an empty list.')
      return found[0]
    },
    around(median, spread) {
      // Box and Muller (1958); 1 − next() is never 0.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
    uuidAt(atMs) {
      const time = hex(Math.floor(atMs), 12)
      const tail = `7${hex(bits(12), 3)}-${hex(0x8000 | bits(14), 4)}-${hex(bits(24), 6)}${hex(bits(24), 6)}`
      return `${time.slice(0, 8)}-${time.slice(8)}-${tail}`
    },
  }
}
