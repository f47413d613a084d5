// Lays visits over days: more at lunch and in the evening, fewer at night, fewer at weekends, slowly growing.
import type { WireEvent } from '@sightline/sdk/wire'
import type { SiteClock } from '../site-clock'
import type { DemoPost } from './posts'
import { drawSession } from './sample-session'
import { drawViewer, type SampleViewer } from './sample-viewers'
import { createSeededRandom, type SeededRandom } from './seeded-random'

const HOUR_MS = 3_600_000

/** Visits of an average working day. */
const VISITS_PER_DAY = 68

/** Relative visits by hour of the day, from midnight. */
const hourWeights = [5, 3, 2, 1, 1, 2, 6, 14, 22, 26, 28, 30, 36, 32, 28, 27, 28, 31, 36, 42, 46, 40, 26, 13].map(
  (weight, hour) => [hour, weight] as const,
)

/** Relative visits by weekday, from Sunday. */
const weekdayWeights = [0.72, 1.02, 1.08, 1.1, 1.05, 0.92, 0.66]

export interface SampleVisit {
  viewer: SampleViewer
  events: WireEvent[]
}

/**
 * Visits of the last `days` days, today included, that have happened by `nowMs`. A day looks the same for the same seed
 * and zone whenever it is drawn; today is cut off at the present.
 */
export function drawVisits(
  posts: readonly DemoPost[],
  { seed, days }: { seed: string; days: number },
  clock: SiteClock,
  nowMs: number,
): SampleVisit[] {
  const today = clock.day(nowMs)
  const visits: SampleVisit[] = []
  for (let ago = days - 1; ago >= 0; ago--) {
    const day = clock.addDays(today, -ago)
    visits.push(...drawDay(posts, day, clock, createSeededRandom(`${seed} ${day}`)))
  }
  return visits
    .map(({ viewer, events }) => ({ viewer, events: events.filter((event) => (event.occurredAt ?? 0) <= nowMs) }))
    .filter(({ events }) => events.length > 0)
}

function drawDay(posts: readonly DemoPost[], day: string, clock: SiteClock, random: SeededRandom): SampleVisit[] {
  const startMs = clock.dayStart(day)
  const endMs = clock.dayStart(clock.addDays(day, 1))
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  const visits = Math.round(VISITS_PER_DAY * (weekdayWeights[weekday] ?? 1) * random.around(1, 0.09))
  return Array.from({ length: visits }, () => {
    const atMs = startMs + (random.pick(hourWeights) + random.next()) * HOUR_MS
    return {
      viewer: drawViewer(random),
      // A day on which the clock goes forward is an hour short.
      events: drawSession(posts, Math.min(atMs, endMs - 1), random),
    }
  })
}
