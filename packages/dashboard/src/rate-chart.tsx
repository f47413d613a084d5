// Shares with how sure they are: a dot for the share, a whisker for its 95 % interval. Made of boxes, so that it fits any width.
import type { Range95 } from '@sightline/collector/stats'
import { formats } from './format'

export interface Rate {
  label: string
  rate: number | null
  interval: Range95 | null
  /** What it was measured on, in words. */
  note: string
}

/** Room above the highest whisker. */
const HEADROOM = 1.1

const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5]

/** Lines of the scale, from 0: at most five. */
function scaleOf(most: number): number[] {
  const step = STEPS.find((each) => most / each <= 4) ?? 0.5
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step)
}

export function RateChart({ name, rates }: { name: string; rates: Rate[] }) {
  const told = rates.flatMap(({ rate, interval }) => (rate === null ? [] : [interval?.high ?? rate]))
  if (told.length === 0) return null
  const top = Math.min(1, Math.max(...told) * HEADROOM)
  const place = (share: number) => `${((100 * Math.min(share, top)) / top).toFixed(2)}%`
  return (
    <div
      class="rates"
      role="img"
      aria-label={`${name}: ${told.length} shares with their intervals; the table has the numbers.`}
    >
      <div class="rates-scale">
        {scaleOf(top).map((share) => (
          <span key={share} style={{ bottom: place(share) }}>
            <i>{formats.part(share)}</i>
          </span>
        ))}
      </div>
      <div class="rates-plot">
        {rates.map(({ label, rate, interval, note }) => (
          <div key={label} class="rate" title={`${label}: ${formats.share(rate)}, ${note}`}>
            <div class="rate-column">
              {interval !== null && (
                <span
                  class="whisker"
                  style={{ bottom: place(interval.low), height: place(Math.min(interval.high, top) - interval.low) }}
                />
              )}
              {rate !== null && <span class="dot" style={{ bottom: place(rate) }} />}
            </div>
            <span class="rate-label">{label}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
