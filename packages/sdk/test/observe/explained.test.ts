import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TrackerOptions } from '../../src/index'
import { renderFrame } from '../support/fake-observer'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()

/** What the console was told about elements, without the sentences about anything else. */
const calls = () => vi.mocked(console.debug).mock.calls.filter(([sentence]) => String(sentence).includes('post:'))
const told = () => calls().map(([sentence, more]) => [String(sentence), (more as { reason: string }).reason])
const details = () => calls().at(-1)![1] as object

const feed = (options: Partial<TrackerOptions> = {}) => openFeed(world.page, { debug: true, ...options })

beforeEach(
  () =>
    void vi
      .spyOn(console, 'debug')
      .mockImplementation(() => {})
      .mockClear(),
)
afterAll(() => vi.mocked(console.debug).mockRestore())

describe('debug tells that an element was', () => {
  test('counted, and by which rule and criteria', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card, 0.75)
    await page.advance(1_010)
    expect(told()).toEqual([['Sightline: post:42 counted', 'area']])
    expect(details()).toMatchObject({ ratio: 0.75, threshold: 0.5, minDurationMs: 1_000, isPageOpen: true })
  })

  test('not on screen enough, and how much of it was at most', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    for (const ratio of [0.1, 0.4, 0.2]) {
      page.show(card, ratio)
      await page.advance(500)
    }
    page.leave(card)
    await page.advance(5)
    expect(told()).toEqual([['Sightline: post:42 not counted', 'too little of it']])
    expect(details()).toMatchObject({ ratio: 0.4, threshold: 0.5 })
  })

  test('left after how many milliseconds', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(600)
    page.leave(card)
    await page.advance(5)
    expect(told()).toEqual([['Sightline: post:42 not counted', 'left']])
    expect(details()).toMatchObject({ onScreenMs: expect.closeTo(600, -1), minDurationMs: 1_000 })
  })

  test('on screen when the page was hidden', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(600)
    page.hide()
    expect(told()).toEqual([['Sightline: post:42 not counted', 'hidden']])
  })

  test('on screen in a page that nobody can see', async () => {
    world.page.prerender()
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    renderFrame()
    expect(told()).toEqual([['Sightline: post:42 not counted', 'page not visible']])
    expect(details()).toMatchObject({ isPageOpen: false })
  })

  test('without a size', async () => {
    const { page, observe } = feed()
    observe(page.add({ top: 100, height: 0 }))
    await page.advance(5)
    expect(told()).toEqual([['Sightline: post:42 not counted', 'no size']])
  })

  test('not painted, once', async () => {
    const { page, observe } = feed()
    const card = page.add()
    card.checkVisibility = () => false
    observe(card)
    page.show(card)
    await page.advance(3_000)
    expect(told()).toEqual([['Sightline: post:42 not counted', 'not painted']])
  })

  test('seen before in its scope', async () => {
    const { page, observe } = feed()
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    page.leave(card)
    await page.advance(5)
    page.show(card)
    await page.advance(5)
    expect(told().map(([, reason]) => reason)).toEqual(['area', 'seen before'])
  })

  test('of a kind that has no box and never meets the screen', async () => {
    const { page, observe } = feed()
    const list = page.add()
    list.style.display = 'contents'
    observe(list)
    expect(told()).toEqual([['Sightline: post:42 not counted', 'display: contents']])
  })
})

describe('without debug', () => {
  test('nothing is said', async () => {
    const { page, observe } = feed({ debug: false })
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    page.hide()
    expect(console.debug).not.toHaveBeenCalled()
  })
})
