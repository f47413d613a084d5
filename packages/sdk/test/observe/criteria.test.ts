import { describe, expect, test } from 'vitest'
import type { TrackerOptions } from '../../src/index'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()
const feed = (options: Partial<TrackerOptions> = {}) => openFeed(world.page, options)
const about = (ms: number) => expect.closeTo(ms, -1)

/** Shows an element for each of these times, 500 ms apart. */
async function glimpse(element: Element, ...timesMs: number[]): Promise<void> {
  for (const ms of timesMs) {
    world.page.show(element)
    await world.page.advance(ms)
    world.page.leave(element)
    await world.page.advance(500)
  }
}

describe('with accumulate', () => {
  test('short stretches add up to an impression, which says so', async () => {
    const { page, seen, views, events, observe } = feed({ accumulate: true })
    const card = page.add()
    observe(card)
    await glimpse(card, 600)
    page.show(card)
    await page.advance(390)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(seen).toEqual(['post:42'])
    expect(events[0]!.criteria).toEqual({ threshold: 0.5, minDurationMs: 1_000, accumulate: true })
    page.leave(card)
    await page.advance(5)
    expect(views).toMatchObject([{ durationMs: about(410), totalMs: about(1_010) }])
  })

  test('a short stretch that makes the time full counts, also beside content that only waits', async () => {
    const { page, seen, observe } = feed({ accumulate: true })
    const [card, other] = [page.add(), page.add()]
    observe(card)
    observe(other, 'other')
    await glimpse(card, 950)
    page.show(other)
    await page.advance(30)
    page.show(card)
    await page.advance(90)
    page.leave(card)
    await page.advance(300)
    expect(seen).toEqual(['post:42'])
  })

  test('the time before the page was hidden is kept', async () => {
    const { page, seen, observe } = feed({ accumulate: true })
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(700)
    page.hide()
    await page.advance(60_000)
    page.unhide()
    await page.advance(310)
    expect(seen).toEqual(['post:42'])
  })

  test('the time of another content on the same element is not', async () => {
    const { page, seen, observe } = feed({ accumulate: true })
    const node = page.add()
    page.show(node)
    observe(node, 'a')
    await page.advance(700)
    observe(node, 'b')
    await page.advance(990)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(seen).toEqual(['post:b'])
  })

  test('the time on the page before is not, also of what was off screen at the change', async () => {
    const { page, tracker, seen, observe } = feed({ accumulate: true })
    const [here, away] = [page.add(), page.add()]
    observe(here, 'here')
    observe(away, 'away')
    await glimpse(away, 700)
    page.show(here)
    await page.advance(700)
    tracker.page()
    page.show(away)
    await page.advance(990)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(new Set(seen)).toEqual(new Set(['post:away', 'post:here']))
    expect(seen).toHaveLength(2)
  })

  test('for one observation alone, others still need one stretch', async () => {
    const { page, seen, observe } = feed()
    const [patient, strict] = [page.add(), page.add()]
    observe(patient, 'patient', { accumulate: true })
    observe(strict, 'strict')
    await glimpse(patient, 600)
    await glimpse(strict, 600, 600)
    await glimpse(patient, 600)
    expect(seen).toEqual(['post:patient'])
  })
})

describe('with minViewMs', () => {
  test('a glimpse of that length is a view without an impression, a shorter one is none', async () => {
    const { page, seen, views, observe } = feed({ minViewMs: 300 })
    const card = page.add()
    observe(card)
    await glimpse(card, 200, 400)
    expect(seen).toEqual([])
    expect(views).toMatchObject([{ durationMs: about(400), totalMs: about(600) }])
  })

  test('of 0 every glimpse is told, and no time is told twice', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card, '42', { minViewMs: 0 })
    await glimpse(card, 50, 100, 1_100, 200)
    expect(views.map(({ durationMs }) => durationMs)).toEqual([about(50), about(100), about(1_100), about(200)])
    expect(views.map(({ totalMs }) => totalMs)).toEqual([about(50), about(150), about(1_250), about(1_450)])
  })

  test('of more than minDurationMs what was seen is told all the same', async () => {
    const { page, views, observe } = feed({ minViewMs: 60_000 })
    const card = page.add()
    observe(card)
    await glimpse(card, 1_100)
    expect(views).toMatchObject([{ durationMs: about(1_100) }])
  })

  test('left out, a stretch as long as minDurationMs is told although nobody could confirm it', async () => {
    const { page, views, observe } = feed()
    const card = page.add()
    observe(card, '42', { minDurationMs: 100 })
    await glimpse(card, 90)
    expect(views).toEqual([])
    page.show(card)
    await page.advance(90)
    page.leave(card)
    await page.block(60)
    await page.advance(5)
    expect(views).toMatchObject([{ content: 'post:42', endReason: 'left' }])
  })
})

describe('an element that is never painted', () => {
  test('has no views either, however long it is on screen', async () => {
    const { page, views, observe } = feed({ minViewMs: 0 })
    const card = page.add()
    card.checkVisibility = () => false
    observe(card)
    page.show(card)
    await page.advance(5_000)
    page.leave(card)
    await page.advance(5)
    expect(views).toEqual([])
  })
})

describe('with largeArea', () => {
  const large = { width: 970, height: 250 }

  test.each([
    ['30 % of 242,500 pixels are enough', large, 0.3, 1],
    ['29 % are not', large, 0.29, 0],
    ['30 % of one pixel column less are not', { width: 969, height: 250 }, 0.3, 0],
  ])('true, %s', async (_, size, ratio, times) => {
    const { page, seen, observe } = feed({ largeArea: true })
    const banner = page.add(size)
    observe(banner)
    page.show(banner, ratio)
    await page.advance(2_000)
    expect(seen).toHaveLength(times)
  })

  test('false, half of it is asked for', async () => {
    const { page, seen, observe } = feed()
    const banner = page.add(large)
    observe(banner)
    page.show(banner, 0.4)
    await page.advance(2_000)
    expect(seen).toEqual([])
  })

  test('of your own, an impression tells it with the other criteria', async () => {
    const { page, events, observe } = feed()
    const banner = page.add({ width: 100, height: 100 })
    observe(banner, '7', { largeArea: { areaPx: 10_000, threshold: 0.125 } })
    page.show(banner, 0.13)
    await page.advance(1_010)
    expect(events).toMatchObject([
      {
        ratio: 0.13,
        rule: 'area',
        criteria: { threshold: 0.5, minDurationMs: 1_000, largeArea: { areaPx: 10_000, threshold: 0.125 } },
      },
    ])
  })

  test('above the threshold, the threshold counts', async () => {
    const { page, seen, observe } = feed({ threshold: 0.1, largeArea: true })
    const banner = page.add(large)
    observe(banner)
    page.show(banner, 0.2)
    await page.advance(1_010)
    expect(seen).toEqual(['post:42'])
  })
})

describe('with requireFocus', () => {
  test('time in a window without the focus does not count, and starts again with the focus', async () => {
    const { page, seen, observe } = feed({ requireFocus: true })
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(700)
    page.blur()
    await page.advance(5_000)
    page.focus()
    await page.advance(999)
    expect(seen).toEqual([])
    await page.advance(10)
    expect(seen).toEqual(['post:42'])
  })

  test('a view ends with the focus', async () => {
    const { page, views, observe } = feed({ requireFocus: true })
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_500)
    page.blur()
    expect(views).toMatchObject([{ endReason: 'hidden', durationMs: about(1_500) }])
  })

  test('a tab that is shown again waits for the focus too', async () => {
    const { page, seen, observe } = feed({ requireFocus: true })
    const card = page.add()
    observe(card)
    page.show(card)
    page.blur()
    page.hide()
    await page.advance(100)
    page.unhide()
    await page.advance(3_000)
    expect(seen).toEqual([])
    page.focus()
    await page.advance(1_010)
    expect(seen).toEqual(['post:42'])
  })

  test('false, the focus changes nothing', async () => {
    const { page, seen, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(500)
    page.blur()
    await page.advance(510)
    expect(seen).toEqual(['post:42'])
  })
})

describe('a threshold between two whole percents', () => {
  test('is crossed exactly where it lies', async () => {
    const { page, views, observe } = feed({ minViewMs: 0 })
    const post = page.add({ height: 600 })
    observe(post, 'thirds', { threshold: 1 / 3 })
    page.show(post, 0.331)
    await page.advance(100)
    page.show(post, 0.3334)
    await page.advance(100)
    page.show(post, 0.331)
    await page.advance(100)
    expect(views).toMatchObject([{ durationMs: about(100), endReason: 'left' }])
  })
})
