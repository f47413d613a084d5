// Short words for the tests of delivery.
import type { Tracker } from '../../src/index'
import type { FakePage } from './fake-page'

/** Tracks so many small events. */
export function trackSome(tracker: Tracker, count: number): void {
  for (let index = 0; index < count; index++) tracker.track('like', { metadata: { index } })
}

/** Sizes of all requests so far. */
export const sizes = ({ requests }: FakePage) => requests.map(({ batch }) => batch.events.length)

export const bytes = (text: string) => new TextEncoder().encode(text).length

/** Makes the answers random-free: full jitter always takes the longest pause. */
export const longestPause = () => 0.999_999
