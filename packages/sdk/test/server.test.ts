// @vitest-environment node
import { expect, test, vi } from 'vitest'
import { createTracker } from '../src/index'

test('on a server every call does nothing and throws nothing', async () => {
  expect(typeof window).toBe('undefined')
  vi.useFakeTimers()
  const request = vi.spyOn(globalThis, 'fetch')
  const tracker = createTracker({ endpoint: 'https://collect.test' })
  const stop = tracker.observe({} as Element, { content: { type: 'post', id: '1' } })
  const stopWatching = tracker.observeMedia({} as HTMLVideoElement, { content: { type: 'reel', id: '1' } })
  tracker.track('like')
  tracker.click({ content: { type: 'post', id: '1' } })
  tracker.page()
  tracker.setConsent('denied')
  stop()
  stopWatching()
  expect(await tracker.flush()).toEqual({ delivered: 0, queued: 0, dropped: {} })
  expect(tracker.stats()).toEqual({ recorded: 0, delivered: 0, queued: 0, inFlight: 0, unconfirmed: 0, dropped: {} })
  tracker.close()
  expect(request).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test('on a server a wrong option is an error too', () => {
  expect(() => createTracker({ endpoint: 'nowhere' })).toThrow('expected endpoint')
})
