// Sightline as a page uses it: the built package, default options.
import { createTracker } from '@sightline/sdk'

let tracker

export function start(collector) {
  tracker = createTracker({ endpoint: collector, autoPage: false })
}

export function track({ id, source, position, note }) {
  tracker.track('like', { content: { type: 'post', id: '42' }, source, position, metadata: { id, ...note } })
}
