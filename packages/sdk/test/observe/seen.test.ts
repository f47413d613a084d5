import { describe, expect, test, vi } from 'vitest'
import type { TrackerOptions } from '../../src/index'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()

/** Longest time that asking for a fresh sample takes here, in milliseconds. */
const CONFIRM = 5

const feed = (options: Partial<TrackerOptions> = {}) => openFeed(world.page, options)
const about = (ms: number) => expect.closeTo(ms, -1)

describe('an impression', () => {
  test('is made after one second with half of the area on screen, not before', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card, 0.5)
    await page.advance(1_000)
    expect(seen).toEqual([])
    await page.advance(CONFIRM)
    expect(seen).toEqual(['post:42'])
  })

  test.each([
    [0.496, 0],
    [0.4995, 1],
  ])('at a ratio of %f is made %i times', async (ratio, times) => {
    const { page, seen, observe } = feed()
    const card = page.add({ height: 2_000, width: 10 })
    page.place(card, { height: 700 })
    observe(card)
    page.show(card, ratio)
    await page.advance(5_000)
    expect(seen).toHaveLength(times)
  })

  test('tells the ratio, the rule, the criteria and where it was shown', async () => {
    const { page, tracker, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card, 0.75)
    await page.advance(1_010)
    await tracker.flush()
    expect(page.sent[0]).toMatchObject({
      type: 'impression',
      content: { type: 'post', id: '42' },
      source: 'feed',
      position: 3,
      ratio: 0.75,
      rule: 'area',
      criteria: { threshold: 0.5, minDurationMs: 1_000 },
      confirmLagMs: expect.closeTo(1, -1),
    })
  })

  test('needs its second anew after every break', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    for (let time = 0; time < 3; time++) {
      page.show(card, 1)
      await page.advance(990)
      page.leave(card)
      await page.advance(20)
    }
    expect(seen).toEqual([])
  })

  test('is made of a post taller than the screen once it fills half of it', async () => {
    const { page, seen, tracker, observe } = feed()
    const post = page.add({ height: 2_400, width: 800 })
    observe(post)
    page.place(post, { top: 420 })
    await page.advance(2_000)
    expect(seen).toEqual([])
    page.scroll(20, post)
    await page.advance(1_000 + CONFIRM)
    expect(seen).toEqual(['post:42'])
    await tracker.flush()
    expect(page.sent[0]!.rule).toBe('oversize')
  })

  test('is not made of an element without size, although the browser calls it fully visible', async () => {
    const { page, seen, observe } = feed()
    const empty = page.add({ height: 0, top: 100 })
    observe(empty)
    await page.advance(3_000)
    expect(seen).toEqual([])
  })

  test('is not made of an element that is never painted, and is made one second after it is', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    let painted = false
    card.checkVisibility = () => painted
    observe(card)
    page.show(card)
    await page.advance(3_000)
    expect(seen).toEqual([])
    painted = true
    await page.advance(1_000)
    expect(seen).toEqual([])
    await page.advance(300)
    expect(seen).toEqual(['post:42'])
  })

  test('is not made behind a sticky header', async () => {
    const { page, seen, observe } = feed({ insets: { top: 250 } })
    const card = page.add({ top: 0 })
    observe(card)
    await page.advance(3_000)
    expect(seen).toEqual([])
    page.place(card, { top: 250 })
    await page.advance(1_010)
    expect(seen).toEqual(['post:42'])
  })

  test('follows the criteria of its own observation', async () => {
    const { page, seen, observe } = feed()
    const [strict, quick] = [page.add(), page.add()]
    observe(strict, 'strict', { threshold: 1 })
    observe(quick, 'quick', { minDurationMs: 100, threshold: 0.333 })
    page.show(strict, 0.9)
    page.show(quick, 0.34)
    await page.advance(110)
    expect(seen).toEqual(['post:quick'])
    await page.advance(3_000)
    expect(seen).toEqual(['post:quick'])
  })
})

describe('when the main thread stands still', () => {
  test('an element that leaves across the deadline is not seen', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(800)
    page.leave(card)
    await page.block(350)
    await page.advance(2_000)
    expect(seen).toEqual([])
  })

  test('a long stall counts neither for the second nor for the duration, and is told', async () => {
    const { page, seen, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(500)
    await page.block(5_000)
    await page.advance(300)
    expect(seen).toEqual([])
    await page.advance(600)
    expect(seen).toEqual(['post:42'])
    page.leave(card)
    await page.advance(10)
    expect(views).toMatchObject([{ durationMs: expect.closeTo(1_400, -3), stallMs: expect.closeTo(5_000, -3) }])
    expect(views[0]!.durationMs).toBeLessThan(1_700)
  })

  test('a clock that is set to another day changes no duration', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    vi.setSystemTime(Date.now() + 86_000_000)
    await page.advance(300)
    page.leave(card)
    await page.advance(5)
    expect(views).toMatchObject([{ durationMs: about(1_500) }])
  })
})

describe('while the page is hidden', () => {
  test('the second does not run, and starts again on return without a scroll', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card, 0.6)
    await page.advance(700)
    page.hide()
    await page.advance(5_000)
    page.unhide()
    await page.advance(999)
    expect(seen).toEqual([])
    await page.advance(CONFIRM)
    expect(seen).toEqual(['post:42'])
  })

  test('a content that was due is counted at the moment of leaving, before its view', async () => {
    const { page, tracker, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(990)
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 20)
    page.hide()
    vi.mocked(performance.now).mockRestore()
    await page.settle()
    expect(page.sent.map(({ type }) => type)).toEqual(['impression', 'view'])
    expect(tracker.stats().queued).toBe(0)
  })

  test('a content that was not due is not counted', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(990)
    page.hide()
    await page.advance(10_000)
    expect(seen).toEqual([])
  })

  test.each([
    ['hidden', 'hide', 'unhide'],
    ['pagehide', 'exit', 'comeBack'],
    ['frozen', 'freeze', 'resume'],
  ] as const)('a view ends with "%s" and its time is in no later one', async (reason, go, back) => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_501)
    page[go]()
    await page.advance(60_000)
    page[back]()
    await page.advance(500)
    page.leave(card)
    await page.advance(5)
    expect(views).toMatchObject([
      { endReason: reason, durationMs: about(1_500), totalMs: about(1_500) },
      { endReason: 'left', durationMs: about(500), totalMs: about(2_000) },
    ])
  })

  test('nothing is seen in a prerendered page before somebody opens it', async () => {
    const { page } = world
    page.prerender()
    const { seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(3_000)
    expect(seen).toEqual([])
    page.activate()
    await page.advance(1_010)
    expect(seen).toEqual(['post:42'])
  })
})

describe('a view', () => {
  test('is told for each stretch of a seen content, also for short ones', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    for (const ms of [1_200, 100]) {
      page.show(card)
      await page.advance(ms)
      page.leave(card)
      await page.advance(10)
    }
    expect(views).toMatchObject([
      { durationMs: about(1_200), totalMs: about(1_200), endReason: 'left' },
      { durationMs: about(100), totalMs: about(1_300), endReason: 'left' },
    ])
  })

  test('is not told for a glimpse of something unseen, but its time is in the total', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    for (const ms of [400, 1_200]) {
      page.show(card)
      await page.advance(ms)
      page.leave(card)
      await page.advance(10)
    }
    expect(views).toMatchObject([{ durationMs: about(1_200), totalMs: about(1_600) }])
  })

  test('tells how deep a content taller than the screen was read, although its edges never showed', async () => {
    const { page, views, observe } = feed()
    const post = page.add({ top: 0, height: 2_400, width: 800 })
    observe(post)
    await page.advance(1_100)
    for (let step = 0; step < 7; step++) {
      page.scroll(200, post)
      await page.advance(120)
    }
    page.scroll(-1_400, post)
    await page.advance(120)
    page.leave(post)
    await page.advance(5)
    expect(views).toMatchObject([{ depth: expect.closeTo((100 * 2_200) / 2_400, 0) }])
  })

  test('ends with "removed" when the element is taken out of the document', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    card.remove()
    await page.advance(5)
    expect(views).toMatchObject([{ endReason: 'removed' }])
  })

  test('ends with "closed" on close(), and nothing comes after it', async () => {
    const { page, views, tracker, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    tracker.close()
    expect(views).toMatchObject([{ endReason: 'closed' }])
    page.leave(card)
    await page.advance(5_000)
    expect(views).toHaveLength(1)
  })
})

describe('a fast scroll', () => {
  test('over two hundred cards makes no event and leaves no timer', async () => {
    const { page, tracker, observe } = feed()
    const cards = Array.from({ length: 200 }, (_, index) => page.add({ top: index * 220 }))
    cards.forEach((card, index) => observe(card, String(index)))
    await page.advance(3)
    for (let step = 0; step < 30; step++) {
      page.scroll(1_500, ...cards)
      await page.advance(1)
    }
    // While nothing can be told yet, measurements wait for the pulse.
    await page.advance(250)
    expect(vi.getTimerCount()).toBe(0)
    expect(tracker.stats().recorded).toBe(0)
  })

  test('past content that was seen before tells each of its views', async () => {
    const { page, tracker, observe } = feed()
    const cards = [0, 1, 2].map((index) => page.add({ top: index * 2_000 }))
    cards.forEach((card, index) => observe(card, String(index)))
    await page.advance(1_200)
    for (const step of [2_000, 2_000]) {
      page.scroll(step, ...cards)
      await page.advance(1_200)
    }
    const before = tracker.stats().recorded
    for (const step of [-2_000, -2_000, 2_000, 2_000]) {
      page.scroll(step, ...cards)
      await page.advance(100)
    }
    await page.advance(250)
    expect(before).toBe(5)
    // The last one is on screen.
    expect(tracker.stats().recorded - before).toBe(5 - 1)
  })
})
