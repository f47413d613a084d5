// A feed whose tracker tells what it saw as short texts, before anything is sent.
import type { TrackerOptions, WireEvent } from '../../src/index'
import type { FakePage } from './fake-page'

export function openFeed(page: FakePage, options: Partial<TrackerOptions> = {}) {
  const seen: string[] = []
  const views: {
    content: string
    durationMs: number
    totalMs: number
    stallMs: number
    depth: number
    endReason: string
  }[] = []
  const events: WireEvent[] = []
  const tracker = page.start({
    flushIntervalMs: 1_000_000,
    maxBatchEvents: 100,
    ...options,
    beforeSend(event) {
      events.push(event)
      const content = `${event.content?.type}:${event.content?.id}`
      const { durationMs = NaN, totalMs = NaN, stallMs = NaN, scrollDepth: depth = NaN, endReason = 'left' } = event
      if (event.type === 'impression') seen.push(content)
      if (event.type === 'view') views.push({ content, durationMs, totalMs, stallMs, depth, endReason })
      return event
    },
  })
  const observe = (element: Element, id = '42', wishes = {}) =>
    tracker.observe(element, { content: { type: 'post', id }, source: 'feed', position: 3 }, wishes)
  return { page, tracker, seen, views, events, observe }
}
