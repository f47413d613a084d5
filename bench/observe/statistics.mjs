// From many noisy samples to a few numbers that say how noisy they were.

export function best(samples) {
  return Math.min(...samples)
}

export function median(samples) {
  return quantile(samples, 0.5)
}

/** Linear between neighbours; `share` from 0 to 1. */
export function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
}

/** Distribution-free 95 % interval of the median, by the normal approximation of its rank. */
export function medianInterval(samples) {
  const halfWidth = 0.98 / Math.sqrt(samples.length)
  return [quantile(samples, Math.max(0, 0.5 - halfWidth)), quantile(samples, Math.min(1, 0.5 + halfWidth))]
}
