import { describe, expect, test, vi } from 'vitest'
import type { Subject, TrackerOptions } from '../../src/index'
import { FakeIntersectionObserver } from '../support/fake-observer'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()
const feed = (options: Partial<TrackerOptions> = {}) => openFeed(world.page, options)

describe('a content', () => {
  test('is followed by its key: a recycled element begins a second of its own', async () => {
    const { page, seen, observe } = feed()
    const node = page.add()
    page.show(node)
    observe(node, 'a')
    await page.advance(900)
    observe(node, 'b')
    await page.advance(990)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(seen).toEqual(['post:b'])
  })

  test('that was seen ends with "recycled" when its element shows another one', async () => {
    const { page, views, observe } = feed()
    const node = page.add()
    page.show(node)
    observe(node, 'a')
    await page.advance(1_200)
    observe(node, 'b')
    await page.settle()
    expect(views).toMatchObject([{ content: 'post:a', endReason: 'recycled', durationMs: expect.closeTo(1_200, -1) }])
  })

  test('that moves on to the next row, as all of them do in one task, keeps its time', async () => {
    const { page, seen, observe } = feed()
    const rows = [page.add(), page.add(), page.add()]
    for (const [index, row] of rows.entries()) {
      page.show(row)
      observe(row, 'abc'[index]!)
    }
    await page.advance(600)
    for (const [index, row] of rows.entries()) observe(row, 'zabc'[index]!)
    await page.advance(450)
    expect(seen).toEqual(['post:a', 'post:b'])
    await page.advance(600)
    expect(seen).toEqual(['post:a', 'post:b', 'post:z'])
  })

  test('that took the place of a stopped one at once is counted', async () => {
    const { page, seen, observe } = feed()
    const node = page.add()
    page.show(node)
    const stop = observe(node, 'a')
    await page.advance(500)
    stop()
    observe(node, 'b')
    await page.advance(1_100)
    expect(seen).toEqual(['post:b'])
  })

  test('that is registered a hundred times on one element never starts over', async () => {
    const { page, seen, tracker } = feed()
    const card = page.add()
    page.show(card)
    const positions: (number | undefined)[] = []
    const register = (position: number) =>
      tracker.observe(card, () => {
        positions.push(position)
        return { content: { type: 'post', id: '1' }, position }
      })
    register(0)
    const observe = vi.spyOn(FakeIntersectionObserver.prototype, 'observe')
    for (let position = 1; position <= 100; position++) {
      register(position)
      await page.advance(9)
    }
    expect(observe).not.toHaveBeenCalled()
    await page.advance(110)
    expect(seen).toEqual(['post:1'])
    expect(positions.at(-1)).toBe(100)
    observe.mockRestore()
  })

  test('that is stopped and observed again in one task goes on, as in a strict double mount', async () => {
    const { page, seen, views, observe } = feed()
    const card = page.add()
    page.show(card)
    const stop = observe(card)
    await page.advance(600)
    stop()
    observe(card)
    await page.advance(410)
    expect(seen).toEqual(['post:42'])
    expect(views).toEqual([])
  })

  test.each(['the old one is stopped first', 'the new one is registered first'])(
    'that moves to another element in one task goes on when %s',
    async (order) => {
      const { page, seen, views, observe } = feed()
      const [before, after] = [page.add(), page.add()]
      page.show(before)
      const stop = observe(before)
      await page.advance(600)
      before.remove()
      page.show(after)
      if (order.startsWith('the old')) stop()
      observe(after)
      if (order.startsWith('the new')) stop()
      await page.advance(410)
      expect(seen).toEqual(['post:42'])
      page.leave(after)
      await page.advance(5)
      expect(views).toMatchObject([{ durationMs: expect.closeTo(1_010, -1), endReason: 'left' }])
    },
  )

  test('that is stopped for good ends its view at that moment', async () => {
    const { page, views, observe } = feed()
    const [kept, removed] = [page.add(), page.add()]
    page.show(kept)
    page.show(removed)
    const stops = [observe(kept, 'kept'), observe(removed, 'removed')]
    await page.advance(1_200)
    removed.remove()
    for (const stop of stops) stop()
    await page.advance(5)
    expect(views).toMatchObject([
      { content: 'post:kept', endReason: 'untracked', durationMs: expect.closeTo(1_200, -1) },
      { content: 'post:removed', endReason: 'removed' },
    ])
    await page.advance(5_000)
    expect(views).toHaveLength(2)
  })

  test('is stopped only by its latest registration', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    page.show(card)
    const stopFirst = observe(card)
    observe(card)
    stopFirst()
    await page.advance(1_010)
    expect(seen).toEqual(['post:42'])
  })

  test('on two elements makes one impression', async () => {
    const { page, seen, observe } = feed()
    const clones = [page.add(), page.add()]
    for (const clone of clones) {
      page.show(clone)
      observe(clone)
    }
    await page.advance(3_000)
    expect(seen).toEqual(['post:42'])
  })

  test('on two elements at once has the time of one, which goes on at the other when the first leaves', async () => {
    const { page, seen, views, observe } = feed()
    const [first, second] = [page.add(), page.add()]
    observe(first)
    observe(second)
    page.show(first)
    await page.advance(600)
    page.show(second)
    await page.advance(200)
    page.leave(first)
    await page.advance(210)
    expect(seen).toEqual(['post:42'])
    await page.advance(490)
    page.leave(second)
    await page.advance(5)
    const about1500 = expect.closeTo(1_500, -1)
    expect(views).toMatchObject([{ durationMs: about1500, totalMs: about1500, endReason: 'left' }])
  })

  test('on two elements ends one view when the page is hidden', async () => {
    const { page, views, observe } = feed()
    for (const clone of [page.add(), page.add()]) {
      page.show(clone)
      observe(clone)
    }
    await page.advance(1_200)
    page.hide()
    await page.advance(100)
    page.unhide()
    await page.advance(300)
    page.exit()
    expect(views).toMatchObject([
      { endReason: 'hidden', durationMs: expect.closeTo(1_200, -1) },
      { endReason: 'pagehide', durationMs: expect.closeTo(300, -1), totalMs: expect.closeTo(1_500, -1) },
    ])
    expect(views).toHaveLength(2)
  })

  test.each(['stopped', 'recycled'])('goes on at its second element when the first is %s', async (ending) => {
    const { page, seen, views, observe } = feed()
    const [first, second] = [page.add(), page.add()]
    page.show(first)
    page.show(second)
    const stop = observe(first)
    await page.advance(100)
    observe(second)
    await page.advance(500)
    if (ending === 'stopped') stop()
    else observe(first, 'other')
    await page.advance(410)
    expect(seen).toEqual(['post:42'])
    expect(views).toEqual([])
  })

  test('is seen at its second element when the first is never painted', async () => {
    const { page, seen, observe } = feed()
    const [invisible, visible] = [page.add(), page.add()]
    invisible.checkVisibility = () => false
    for (const clone of [invisible, visible]) {
      page.show(clone)
      observe(clone)
    }
    await page.advance(1_500)
    expect(seen).toEqual([])
    await page.advance(600)
    expect(seen).toEqual(['post:42'])
  })

  test('that is registered a hundred times with the same wishes is not measured anew', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    page.show(card)
    observe(card, '42', { threshold: 0.8 })
    await page.advance(5)
    const asked = vi.spyOn(FakeIntersectionObserver.prototype, 'observe')
    for (let time = 0; time < 100; time++) {
      observe(card, '42', { threshold: 0.8 })
      await page.advance(9)
    }
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
    await page.advance(110)
    expect(seen).toEqual(['post:42'])
  })

  test('keeps its second when its element moves within the document in one frame', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    page.show(card)
    observe(card)
    await page.advance(600)
    document.body.prepend(card)
    await page.advance(410)
    expect(seen).toEqual(['post:42'])
  })

  test('whose criteria change while it is on screen follows the new ones', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    page.show(card)
    observe(card, '42', { minDurationMs: 5_000 })
    await page.advance(500)
    observe(card, '42', { minDurationMs: 800 })
    await page.advance(310)
    expect(seen).toEqual(['post:42'])
  })
})

describe('what an event says', () => {
  test('is asked when it is made', async () => {
    const { page, tracker, events } = feed()
    const subject: Subject = { content: { type: 'post', id: 7 }, position: 1, metadata: { variant: 'a' } }
    const card = page.add()
    page.show(card)
    tracker.observe(card, () => subject)
    await page.advance(500)
    subject.position = 2
    await page.advance(600)
    subject.position = 3
    page.leave(card)
    await page.advance(5)
    expect(events).toMatchObject([
      { type: 'impression', content: { type: 'post', id: '7' }, position: 2, metadata: { variant: 'a' } },
      { type: 'view', content: { type: 'post', id: '7' }, position: 3 },
    ])
  })

  test('is what was said last when the caller’s function throws', async () => {
    const { page, tracker, events } = feed()
    let broken = false
    const card = page.add()
    page.show(card)
    tracker.observe(card, () => {
      if (broken) throw new Error('unmounted')
      return { content: { type: 'post', id: '1' }, source: 'feed' }
    })
    broken = true
    await page.advance(1_010)
    expect(events).toMatchObject([{ type: 'impression', source: 'feed' }])
  })
})

describe('a click', () => {
  test('on an unseen content first records its impression, which is then not made again', async () => {
    const { page, tracker, events, observe } = feed()
    const card = page.add()
    page.show(card)
    observe(card)
    await page.advance(200)
    tracker.click({ content: { type: 'post', id: '42' } })
    await page.advance(3_000)
    expect(events.map(({ type, rule }) => [type, rule])).toEqual([
      ['impression', 'interaction'],
      ['click', undefined],
    ])
  })

  test('on a seen content records the click alone, each time', async () => {
    const { page, tracker, events, observe } = feed()
    const card = page.add()
    page.show(card)
    observe(card)
    await page.advance(1_100)
    tracker.click({ content: { type: 'post', id: 42 } })
    tracker.click({ content: { type: 'post', id: 42 } })
    expect(events.map(({ type }) => type)).toEqual(['impression', 'click', 'click'])
  })

  test('on a content that nobody observes makes no impression', () => {
    const { tracker, events } = feed()
    tracker.click({ content: { type: 'post', id: '1' } })
    expect(events.map(({ type }) => type)).toEqual(['click'])
  })
})

describe('impressions', () => {
  test('are not repeated after a reload in the same session', async () => {
    for (let load = 0; load < 2; load++) {
      const { page, tracker, seen, observe } = feed()
      const card = page.add()
      page.show(card)
      observe(card)
      await page.advance(1_100)
      expect(seen).toHaveLength(load === 0 ? 1 : 0)
      tracker.close()
      card.remove()
    }
  })

  test('are repeated on every page view with dedupe "page", also for what stays on screen', async () => {
    const { page, tracker, seen, views, observe } = feed({ dedupe: 'page' })
    const sidebar = page.add()
    page.show(sidebar)
    observe(sidebar)
    await page.advance(1_100)
    tracker.page()
    await page.advance(1_100)
    expect(seen).toEqual(['post:42', 'post:42'])
    expect(views).toMatchObject([{ endReason: 'route' }])
  })

  test('are repeated after the window with dedupe { windowMs }, and each time with false', async () => {
    const { page, seen, observe } = feed({ dedupe: { windowMs: 10_000 } })
    const [card, banner] = [page.add(), page.add()]
    observe(card)
    observe(banner, 'banner', { dedupe: false })
    for (let time = 0; time < 3; time++) {
      for (const element of [card, banner]) page.show(element)
      await page.advance(1_100)
      for (const element of [card, banner]) page.leave(element)
      await page.advance(5_000)
    }
    expect(seen.filter((key) => key === 'post:42')).toHaveLength(2)
    expect(seen.filter((key) => key === 'post:banner')).toHaveLength(3)
  })

  test('of ten thousand elements need one native observer, and leave nothing when they are stopped', async () => {
    const { page, observe } = feed()
    const { liveObservers } = await import('../support/fake-observer')
    const cards = Array.from({ length: 10_000 }, () => document.createElement('li'))
    const stops = cards.map((card, index) => observe(card, String(index)))
    expect(liveObservers()).toHaveLength(1)
    await page.advance(2)
    for (const stop of stops) stop()
    await page.settle()
    expect(liveObservers()[0]!.targets.size).toBe(0)
  })
})
