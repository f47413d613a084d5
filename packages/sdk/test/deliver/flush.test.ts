import { describe, expect, test } from 'vitest'
import { bytes, sizes, trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

describe('a batch leaves', () => {
  test('when its first event has waited for flushIntervalMs', async () => {
    const { page } = world
    const tracker = page.start()
    tracker.track('like')
    await page.advance(4_000)
    tracker.track('share')
    await page.advance(999)
    expect(page.requests).toEqual([])
    await page.advance(1)
    expect(sizes(page)).toEqual([2])
  })

  test('as soon as maxBatchEvents wait', async () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 19)
    expect(page.requests).toEqual([])
    trackSome(tracker, 1)
    expect(sizes(page)).toEqual([20])
    await page.settle()
  })

  test('as soon as maxBatchBytes wait', async () => {
    const { page } = world
    const tracker = page.start({ maxBatchBytes: 4_096 })
    while (!page.requests.length) tracker.track('like', { metadata: { text: '€'.repeat(200) } })
    expect(bytes(page.requests[0]!.body)).toBeLessThanOrEqual(4_096)
    expect(page.requests[0]!.batch.events.length).toBeGreaterThan(2)
    await page.settle()
  })

  test('right behind another one when both have waited for long enough', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 45)
    page.accept()
    page.requests[0]!.answer(200)
    await page.settle()
    expect(sizes(page)).toEqual([20, 20, 5])
    expect(tracker.stats()).toMatchObject({ delivered: 45 })
  })

  test('after every event with flushIntervalMs: 0', async () => {
    const { page } = world
    const tracker = page.start({ flushIntervalMs: 0 })
    tracker.track('like')
    await page.settle()
    tracker.track('share')
    expect(sizes(page)).toEqual([1, 1])
    await page.settle()
  })

  test('alone, one at a time: the next one waits for the answer', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 60)
    expect(sizes(page)).toEqual([20])
    page.accept()
    page.requests[0]!.answer(200)
    await page.settle()
    expect(sizes(page)).toEqual([20, 20, 20])
  })

  test('also while the page is hidden, within the interval', async () => {
    const { page } = world
    const tracker = page.start()
    page.hide()
    await page.advance(60_000)
    tracker.track('like')
    await page.advance(5_000)
    expect(sizes(page)).toEqual([1])
  })
})

describe('flush()', () => {
  test('sends everything now and tells what became of it', async () => {
    const { page } = world
    const tracker = page.start({ maxBatchEvents: 2 })
    tracker.track('Wrong')
    trackSome(tracker, 5)
    expect(await tracker.flush()).toEqual({ delivered: 5, queued: 0, dropped: {} })
    expect(sizes(page)).toEqual([2, 2, 1])
    expect(page.requests[0]!.batch.drops).toEqual({ invalid: 1 })
  })

  test('called ten times in one tick sends no event twice', async () => {
    const { page } = world
    const tracker = page.start({ maxBatchEvents: 4 })
    trackSome(tracker, 10)
    await Promise.all(Array.from({ length: 10 }, () => tracker.flush()))
    expect(page.sent.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('resolves when the collector does not answer well, and drops nothing', async () => {
    const { page } = world
    page.collector(500)
    const tracker = page.start()
    trackSome(tracker, 3)
    expect(await tracker.flush()).toEqual({ delivered: 0, queued: 3, dropped: {} })
    page.accept()
    expect(await tracker.flush()).toEqual({ delivered: 3, queued: 0, dropped: {} })
  })

  test('includes the page view that waits for the end of its task', async () => {
    const { page } = world
    const tracker = page.start({ autoPage: true })
    await tracker.flush()
    expect(page.sent.map(({ type }) => type)).toEqual(['page_view'])
  })

  test('does nothing after close()', async () => {
    const { page } = world
    const tracker = page.start()
    tracker.close()
    tracker.track('like')
    expect(await tracker.flush()).toEqual({ delivered: 0, queued: 0, dropped: {} })
    expect(page.requests).toEqual([])
  })
})

describe('an option for a very long time', () => {
  test('does not fire at once, as timers above 2^31 milliseconds do', async () => {
    const { page } = world
    const tracker = page.start({ flushIntervalMs: 1e12 })
    tracker.track('like')
    await page.advance(10_000)
    expect(page.requests).toEqual([])
  })
})
