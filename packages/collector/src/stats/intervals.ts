// How sure a share is: 95 % intervals by Wilson (1927), and of a difference of two shares by Newcombe (1998, method 10).

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054

/** Shares of fewer are noise that looks like a number. */
export const LEAST_TRIALS = 100

export interface Interval {
  low: number
  high: number
}

/** Interval of `successes / trials`; `null` where that is no share: without trials, or with more successes than trials. */
export function wilson(successes: number, trials: number): Interval | null {
  if (trials <= 0 || successes > trials) return null
  const share = successes / trials
  const z2 = Z ** 2 / trials
  const middle = share + z2 / 2
  const reach = Z * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials))
  // At its ends the interval is whole, which rounding would miss by a hair.
  return {
    low: successes === 0 ? 0 : (middle - reach) / (1 + z2),
    high: successes === trials ? 1 : (middle + reach) / (1 + z2),
  }
}

/** Interval of the difference of two shares, first minus second; `null` when one of them is no share. */
export function newcombe(
  first: { successes: number; trials: number },
  second: { successes: number; trials: number },
): Interval | null {
  const a = wilson(first.successes, first.trials)
  const b = wilson(second.successes, second.trials)
  if (a === null || b === null) return null
  const p = first.successes / first.trials
  const q = second.successes / second.trials
  return {
    low: p - q - Math.hypot(p - a.low, b.high - q),
    high: p - q + Math.hypot(a.high - p, q - b.low),
  }
}

/** `clicks / impressions` with its interval, both `null` below {@link LEAST_TRIALS}. */
export function rateOf(successes: number, trials: number): { rate: number | null; interval: Interval | null } {
  if (trials < LEAST_TRIALS) return { rate: null, interval: null }
  return { rate: successes / trials, interval: wilson(successes, trials) }
}
