// The invented viewport under the real tracker: ratio and time as the test says, in fake time and in real time.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTestTracker, type FakeViewport, fakeViewport, type TestTracker, toHaveTracked } from '../../src/testing'

expect.extend({ toHaveTracked })

let viewport: FakeViewport
let tracked: TestTracker
let card: HTMLElement

function open(options?: Parameters<typeof createTestTracker>[0]) {
  viewport = fakeViewport()
  tracked = createTestTracker(options)
  card = document.createElement('article')
  document.body.append(card)
  tracked.tracker.observe(card, { content: { type: 'post', id: 42 }, source: 'feed', position: 3 })
}

afterEach(() => {
  tracked.tracker.close()
  viewport.restore()
  card.remove()
  vi.useRealTimers()
})

const types = () => tracked.events.map(({ type }) => type)

describe('with fake timers', () => {
  beforeEach(() => void vi.useFakeTimers())

  test('an element that is shown for a second is an impression', async () => {
    open()
    viewport.show(card)
    await viewport.advance(900)
    expect(tracked).not.toHaveTracked('impression')
    await viewport.advance(200)
    expect(tracked).toHaveTracked('impression', { content: { type: 'post', id: '42' }, position: 3, ratio: 1 })
  })

  test('an element that leaves early is none', async () => {
    open()
    viewport.show(card)
    await viewport.advance(900)
    viewport.leave(card)
    await viewport.advance(5_000)
    expect(types()).toEqual([])
  })

  test('an element that leaves later has a view as long as it was shown', async () => {
    open()
    viewport.show(card)
    await viewport.advance(3_000)
    viewport.leave(card)
    await viewport.advance(100)
    expect(types()).toEqual(['impression', 'view'])
    expect(tracked.events[1]!.durationMs).toBeGreaterThan(2_950)
    expect(tracked.events[1]!.durationMs).toBeLessThanOrEqual(3_032)
  })

  test.each([
    [0.49, []],
    [0.5, ['impression']],
  ])('a share of %d of it makes %j', async (ratio, expected) => {
    open()
    viewport.show(card, ratio)
    await viewport.advance(2_000)
    expect(types()).toEqual(expected)
  })

  test('the share is one of what the insets of the tracker leave', async () => {
    open({ insets: { top: 64, bottom: 50 } })
    viewport.show(card, 0.6)
    await viewport.advance(2_000)
    expect(tracked.events[0]!.ratio).toBeCloseTo(0.6)
  })

  test('an element that nobody has shown is off screen', async () => {
    open()
    await viewport.advance(5_000)
    expect(types()).toEqual([])
  })

  test('an element that is taken out of the document is off screen', async () => {
    open()
    viewport.show(card)
    await viewport.advance(2_000)
    card.remove()
    await viewport.advance(100)
    expect(types()).toEqual(['impression', 'view'])
  })

  test('nothing is left running after the end', async () => {
    open()
    viewport.show(card)
    await viewport.advance(100)
    tracked.tracker.close()
    viewport.restore()
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('without fake timers real time passes, and waitFor needs no advance', async () => {
  open({ minDurationMs: 50 })
  viewport.show(card)
  const before = performance.now()
  await tracked.waitFor('impression')
  expect(performance.now() - before).toBeGreaterThanOrEqual(50)
  await viewport.advance(60)
  viewport.leave(card)
  expect((await tracked.waitFor('view')).durationMs).toBeGreaterThanOrEqual(100)
})

test('gives the page its own observer back', () => {
  const own = globalThis.IntersectionObserver
  open()
  expect(globalThis.IntersectionObserver).not.toBe(own)
  viewport.restore()
  expect(globalThis.IntersectionObserver).toBe(own)
})

test('refuses a share that is none', () => {
  open()
  expect(() => viewport.show(card, 50)).toThrow('show(): expected a ratio from 0 to 1, got 50.')
})
