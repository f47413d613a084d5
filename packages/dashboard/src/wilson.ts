// How sure a share is: the 95 % interval of Wilson (1927), which is right for small counts and never leaves 0 to 1.
import type { Range95 } from '@sightline/collector/stats'

/** 97.5 of 100 normal values are below it. */
const Z = 1.959_963_984_540_054

/** `null` without trials, or where there are more successes than trials. */
export function wilson(successes: number, trials: number): Range95 | null {
  if (trials === 0 || successes > trials) return null
  const rate = successes / trials
  const square = Z ** 2 / trials
  const middle = rate + square / 2
  const half = Z * Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials))
  return { low: Math.max(0, (middle - half) / (1 + square)), high: Math.min(1, (middle + half) / (1 + square)) }
}
