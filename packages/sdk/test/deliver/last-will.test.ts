import { beforeEach, describe, expect, test } from 'vitest'
import type { Batch } from '../../src/index'
import { trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

interface Deferred {
  url: string
  init: RequestInit
  events: number[]
}
let wills: Deferred[]

beforeEach(() => {
  wills = []
  world.page.with(globalThis, 'fetchLater', (url: string, init: RequestInit) => {
    const body = String(init.body)
    if (body.length > 65_536) throw new DOMException('too much', 'QuotaExceededError')
    wills.push({ url, init, events: (JSON.parse(body) as Batch).events.map(({ seq }) => seq!) })
    return { activated: false }
  })
})

/** What the browser would send if the tab crashed now. */
const left = () => wills.filter(({ init }) => !init.signal!.aborted).map(({ events }) => events)

describe('with fetchLater', () => {
  test('what waits is left with the browser, as a request like all others', async () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 2)
    await page.settle()
    expect(left()).toEqual([[0, 1]])
    const [{ url, init }] = wills as [Deferred]
    expect([url, init.method, init.credentials]).toEqual(['https://collect.test/v1/events', 'POST', 'omit'])
  })

  test('it is renewed at most once a second, and there is only one', async () => {
    const { page } = world
    const tracker = page.start()
    for (let time = 0; time < 8; time++) {
      trackSome(tracker, 1)
      await page.advance(250)
    }
    expect(wills.map(({ events }) => events.length)).toEqual([1, 4, 8])
    expect(left()).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]])
  })

  test('what is on its way belongs to it, until it was delivered', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 21)
    await page.settle()
    expect(left()[0]).toHaveLength(21)
    page.accept()
    page.requests[0]!.answer(200)
    await tracker.flush()
    expect(left()).toEqual([])
  })

  test('our own exit takes it back once everything is on its way', () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 3)
    return page.settle().then(() => {
      page.exit()
      expect(left()).toEqual([])
      return page.settle()
    })
  })

  test('it stays when our own exit could not send everything', async () => {
    const { page } = world
    page.with(globalThis, 'fetch', undefined)
    page.takeBeacons(() => false)
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.settle()
    page.exit()
    expect(left()).toEqual([[0, 1, 2]])
    tracker.setConsent('denied')
  })

  test('no will holds more than 60,000 bytes or 100 events', async () => {
    const { page } = world
    const tracker = page.start({ maxBatchEvents: 100, flushIntervalMs: 1e6 })
    page.blackHole()
    trackSome(tracker, 150)
    await page.settle()
    expect(left()[0]).toHaveLength(100)
    for (let index = 0; index < 100; index++) tracker.track('like', { metadata: { text: '€'.repeat(1_000) } })
    await page.advance(1_000)
    expect(new TextEncoder().encode(String(wills.at(-1)!.init.body)).length).toBeLessThanOrEqual(60_000)
    tracker.setConsent('denied')
  })

  test('nothing is left without consent, in a pause that was asked for, or after close()', async () => {
    const { page } = world
    const tracker = page.start({ consent: 'pending' })
    trackSome(tracker, 20)
    await page.advance(5_000)
    expect(wills).toEqual([])
    page.collector((request) => request.answer(503, { headers: { 'Retry-After': '60' } }))
    tracker.setConsent('granted')
    await page.advance(5_000)
    expect(left()).toEqual([])
    tracker.close()
    await page.advance(5_000)
    expect(left()).toEqual([])
  })

  test('a browser that has no room for it changes nothing', async () => {
    const { page } = world
    page.with(globalThis, 'fetchLater', () => {
      throw new DOMException('too much', 'QuotaExceededError')
    })
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.advance(5_000)
    expect(tracker.stats()).toMatchObject({ delivered: 3 })
  })
})
