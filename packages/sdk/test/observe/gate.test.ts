import { describe, expect, test, vi } from 'vitest'
import type { TrackerOptions } from '../../src/index'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()
const feed = (options: Partial<TrackerOptions> = {}) => openFeed(world.page, options)
const about = (ms: number) => expect.closeTo(ms, -1)

describe('while the page cannot be seen', () => {
  test('what comes on screen is only remembered, and begins with the page', async () => {
    const { page, seen, views, observe } = feed()
    const card = page.add()
    observe(card)
    await page.advance(5)
    page.freeze()
    page.show(card)
    await page.advance(5_000)
    expect(seen).toEqual([])
    page.resume()
    await page.advance(990)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(seen).toEqual(['post:42'])
    page.leave(card)
    await page.advance(5)
    expect(views).toMatchObject([{ durationMs: about(1_010) }])
  })

  test('what leaves the screen makes no event', async () => {
    const { page, events, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    page.freeze()
    const before = events.length
    page.leave(card)
    await page.advance(2_000)
    page.resume()
    await page.advance(2_000)
    expect(events).toHaveLength(before)
  })

  test('all signs of one exit end one view', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    page.exit()
    page.freeze()
    expect(views).toMatchObject([{ endReason: 'pagehide' }])
    expect(views).toHaveLength(1)
  })

  test('nothing waits: no timer of an observation runs', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(300)
    const running = vi.getTimerCount()
    page.hide()
    await page.settle()
    expect(vi.getTimerCount()).toBeLessThan(running)
  })
})

describe('when the page is shown again', () => {
  test('what left the screen meanwhile does not begin, although nobody had told so yet', async () => {
    const { page, seen, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    page.hide()
    page.leave(card)
    await page.advance(1_000)
    page.unhide()
    await page.advance(3_000)
    expect(seen).toEqual(['post:42'])
    expect(views).toHaveLength(1)
  })

  test('from the back/forward cache, a seen content has a new view without the time away', async () => {
    const { page, seen, views, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    page.exit()
    await page.advance(90_000)
    page.comeBack()
    await page.advance(800)
    page.leave(card)
    await page.advance(5)
    expect(seen).toEqual(['post:42'])
    expect(views.map(({ durationMs }) => durationMs)).toEqual([about(1_200), about(800)])
  })
})

describe('a deadline that runs late', () => {
  test('is confirmed twice, the second time at least 100 ms after the first', async () => {
    const { page, events, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(900)
    await page.block(300)
    await page.advance(90)
    expect(events).toEqual([])
    await page.advance(30)
    expect(events).toMatchObject([{ type: 'impression', confirmLagMs: expect.closeTo(300, -2) }])
  })

  test('counts nothing when the element leaves between the two samples', async () => {
    const { page, events, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(900)
    await page.block(300)
    await page.advance(50)
    page.leave(card)
    await page.advance(500)
    expect(events.filter(({ type }) => type === 'impression')).toEqual([])
  })
})

describe('a route', () => {
  test('ends a view with "route" and begins another one for what stays on screen', async () => {
    const { page, tracker, seen, views, observe } = feed()
    const sidebar = page.add()
    observe(sidebar)
    page.show(sidebar)
    await page.advance(1_200)
    tracker.page()
    await page.advance(300)
    page.leave(sidebar)
    await page.advance(5)
    expect(seen).toEqual(['post:42'])
    expect(views).toMatchObject([
      { endReason: 'route', durationMs: about(1_200) },
      { endReason: 'left', durationMs: about(300) },
    ])
  })

  test('counts what was due at that moment for the page before', async () => {
    const { page, tracker, events, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(990)
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 20)
    tracker.page()
    vi.mocked(performance.now).mockRestore()
    expect(events.map(({ type }) => type)).toEqual(['impression', 'view', 'page_view'])
  })
})

describe('a session that is over', () => {
  test('ends views with "session", and what stays on screen is seen once more in the next one', async () => {
    const { page, tracker, events, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    vi.setSystemTime(Date.now() + 31 * 60_000)
    tracker.track('like')
    await page.advance(1_010)
    expect(events.map(({ type, endReason }) => endReason ?? type)).toEqual([
      'impression',
      'session',
      'like',
      'impression',
    ])
    const [before, view, like, after] = events.map(({ sessionId }) => sessionId)
    expect(view).toBe(before)
    expect(like).not.toBe(before)
    expect(after).toBe(like)
    expect(events[1]!.durationMs).toEqual(about(1_200))
  })

  test('is left behind in order by an impression that begins the next one', async () => {
    const { page, events, observe } = feed()
    const [seen, next] = [page.add(), page.add()]
    observe(seen, 'seen')
    observe(next, 'next')
    page.show(seen)
    await page.advance(1_200)
    page.show(next)
    await page.advance(500)
    vi.setSystemTime(Date.now() + 31 * 60_000)
    await page.advance(600)
    const sessions = [...new Set(events.map(({ sessionId }) => sessionId))]
    expect(sessions).toHaveLength(2)
    for (const session of sessions) {
      const mine = events.filter(({ sessionId }) => sessionId === session)
      for (const { content } of mine) {
        const types = mine.filter((event) => event.content!.id === content!.id).map(({ type }) => type)
        expect(types[0]).toBe('impression')
        expect(types.filter((type) => type === 'impression')).toHaveLength(1)
      }
    }
  })
})
