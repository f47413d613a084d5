import { describe, expect, test } from 'vitest'
import { liveObservers, liveSizeObservers } from '../support/fake-observer'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()
const feed = (options = {}) => openFeed(world.page, options)
const about = (ms: number) => expect.closeTo(ms, -1)

const crowd = (size: number) => Array.from({ length: size }, () => document.createElement('li'))

describe('native observers', () => {
  test('are one, whatever the thresholds', async () => {
    const { page, observe } = feed()
    const cards = [0, 0.29, 0.333, 0.5, 1].map((threshold) => ({ threshold, card: page.add() }))
    for (const { card, threshold } of cards) observe(card, String(threshold), { threshold, largeArea: true })
    expect(liveObservers()).toHaveLength(1)
    expect(liveObservers()[0]!.targets.size).toBe(5)
    expect(liveObservers()[0]!.thresholds).toHaveLength(102)
  })

  test('watch an element once that two trackers’ halves want, until the last of them stops', async () => {
    const { page, observe } = feed()
    const card = page.add()
    const stop = observe(card)
    observe(card)
    stop()
    await page.settle()
    expect(liveObservers()[0]!.targets.size).toBe(1)
  })
})

describe('more than two thousand elements', () => {
  test('are measured every 100 ms at most, and as often as before once half of them are gone', async () => {
    const { page, observe } = feed()
    const stops = crowd(2_000).map((element, index) => observe(element, String(index)))
    expect(liveObservers()[0]!.delay).toBe(0)
    stops.push(...crowd(1).map((element) => observe(element, 'one more')))
    expect(liveObservers()).toHaveLength(1)
    expect(liveObservers()[0]!.delay).toBe(100)
    expect(liveObservers()[0]!.targets.size).toBe(2_001)

    for (const stop of stops.splice(0, 1_000)) stop()
    await page.settle()
    expect(liveObservers()[0]!.delay).toBe(100)
    for (const stop of stops.splice(0, 1)) stop()
    await page.settle()
    expect(liveObservers()).toHaveLength(1)
    expect(liveObservers()[0]!.delay).toBe(0)
    expect(liveObservers()[0]!.targets.size).toBe(1_000)
  })

  test('cost those that are on screen no event and no time', async () => {
    const { page, seen, views, observe } = feed()
    const [stays, leaves] = [page.add(), page.add()]
    observe(stays, 'stays')
    observe(leaves, 'leaves')
    page.show(stays)
    page.show(leaves)
    await page.advance(1_200)
    page.leave(leaves)
    crowd(2_000).forEach((element, index) => observe(element, String(index)))
    await page.advance(300)
    page.leave(stays)
    await page.advance(5)
    expect(seen).toEqual(['post:stays', 'post:leaves'])
    expect(views).toMatchObject([
      { content: 'post:leaves', durationMs: about(1_200), endReason: 'left' },
      { content: 'post:stays', durationMs: about(1_500), endReason: 'left' },
    ])
  })
})

describe('an element that is removed from a crowd without a word', () => {
  test('ends its view within a pulse, although the browser never tells of it, and may come back', async () => {
    const { page, views, observe } = feed()
    crowd(2_000).forEach((element, index) => observe(element, String(index)))
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_200)
    card.remove()
    await page.advance(260)
    expect(views).toMatchObject([{ content: 'post:42', endReason: 'removed' }])
    expect(views[0]!.durationMs).toBeLessThanOrEqual(1_200 + 260)
    document.body.append(card)
    await page.advance(100)
    page.leave(card)
    await page.advance(5)
    expect(views).toMatchObject([{}, { content: 'post:42', endReason: 'left', durationMs: about(100) }])
  })
})

describe('an element without a size', () => {
  test('is seen one second after it has grown in its place', async () => {
    const { page, seen, observe } = feed()
    const late = page.add({ top: 100, width: 300, height: 0 })
    observe(late)
    await page.advance(3_000)
    page.place(late, { height: 300 })
    await page.advance(990)
    expect(seen).toEqual([])
    await page.advance(20)
    expect(seen).toEqual(['post:42'])
  })

  test('is watched for its size only until it has one', async () => {
    const { page, observe } = feed()
    expect(liveSizeObservers()).toEqual([])
    const late = page.add({ top: 100, width: 0, height: 0 })
    const stop = observe(late)
    const other = page.add({ top: 100, width: 0, height: 0 })
    const stopOther = observe(other, 'other')
    await page.advance(50)
    expect([...liveSizeObservers()[0]!.targets.keys()]).toEqual([late, other])
    page.place(late, { width: 100, height: 100 })
    await page.advance(5)
    expect([...liveSizeObservers()[0]!.targets.keys()]).toEqual([other])
    stop()
    stopOther()
    await page.settle()
    expect(liveSizeObservers()).toHaveLength(1)
    expect(liveSizeObservers()[0]!.targets.size).toBe(0)
  })
})
