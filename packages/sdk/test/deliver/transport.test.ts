import { describe, expect, test, vi } from 'vitest'
import { KEEPALIVE_BUDGET_BYTES, shareKeepaliveBudget } from '../../src/deliver/budget'
import { sizes, trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()
const inFlightBytes = () =>
  (globalThis as unknown as Record<symbol, { inFlightBytes: number }>)[Symbol.for('sightline.keepalive')]!.inFlightBytes

describe('a request', () => {
  test('is simple: text/plain, no credentials, no header of its own, nothing in the address', async () => {
    const { page } = world
    const tracker = page.start({ endpoint: 'https://collect.test/base//' })
    tracker.track('like')
    await tracker.flush()
    const [{ url, init }] = page.requests as [(typeof page.requests)[0]]
    expect(url).toBe('https://collect.test/base/v1/events')
    expect(init).toMatchObject({ method: 'POST', keepalive: true, credentials: 'omit' })
    const names = [...new Request(url, init).headers].map(([name, value]) => [name.toLowerCase(), value])
    expect(names).toEqual([['content-type', 'text/plain;charset=UTF-8']])
  })

  test('says the format, the sender and its own time', async () => {
    const { page } = world
    const tracker = page.start()
    tracker.track('like')
    await page.advance(5_000)
    expect(page.requests[0]!.batch).toMatchObject({ v: 1, sdk: expect.stringMatching(/^web\//), sentAt: Date.now() })
  })

  test('goes through the fetch that was there when the tracker was made', async () => {
    const { page } = world
    const tracker = page.start()
    page.with(globalThis, 'fetch', () => {
      throw new Error('patched')
    })
    tracker.track('like')
    expect(await tracker.flush()).toMatchObject({ delivered: 1 })
  })

  test.each([
    [
      'throws at once',
      () => {
        throw new Error('blocked')
      },
    ],
    ['is missing', undefined],
  ])('that cannot be made because fetch %s keeps its events', async (_, fetch) => {
    const { page } = world
    page.with(globalThis, 'fetch', fetch)
    const tracker = page.start()
    tracker.track('like')
    expect(await tracker.flush()).toEqual({ delivered: 0, queued: 1, dropped: {} })
    expect(tracker.stats()).toMatchObject({ recorded: 1, queued: 1 })
  })

  test.each([
    [
      'throws at once',
      () => {
        throw new Error('blocked')
      },
    ],
    ['is missing', undefined],
  ])('that cannot be made because fetch %s leaves as a beacon when the page goes away', (_, fetch) => {
    const { page } = world
    page.with(globalThis, 'fetch', fetch)
    const tracker = page.start()
    tracker.track('like')
    page.hide()
    expect(page.beacons.map(({ batch }) => batch.events.length)).toEqual([1])
    expect(tracker.stats()).toMatchObject({ recorded: 1, unconfirmed: 1, queued: 0, inFlight: 0 })
    expect(inFlightBytes()).toBe(0)
  })

  test('without an answer is given up after 30 seconds, but not while the page is hidden', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    tracker.track('like')
    page.hide()
    await page.advance(120_000)
    expect(tracker.stats()).toMatchObject({ inFlight: 1 })
    page.unhide()
    await page.advance(30_000)
    expect(page.requests[0]!.init.signal!.aborted).toBe(true)
    tracker.setConsent('pending')
    await page.settle()
    expect(tracker.stats()).toMatchObject({ recorded: 1, delivered: 0 })
  })
})

describe('the keepalive budget', () => {
  test('is one for all trackers of the document', async () => {
    const { page } = world
    page.blackHole()
    const trackers = Array.from({ length: 3 }, () => page.start({ maxBatchBytes: 40_000, maxBatchEvents: 1 }))
    for (const tracker of trackers) tracker.track('like', { metadata: fill(25) })
    expect(page.requests.map(({ init }) => init.keepalive)).toEqual([true, true, undefined])
    expect(inFlightBytes()).toBeLessThanOrEqual(KEEPALIVE_BUDGET_BYTES)
    for (const request of page.requests) request.answer(200)
    await page.settle()
    expect(inFlightBytes()).toBe(0)
  })

  test('is given back only after the answer was read to its end', async () => {
    const { page } = world
    let finish!: (text: string) => void
    const text = vi.spyOn(Response.prototype, 'text').mockReturnValue(
      new Promise((resolve) => {
        finish = resolve
      }),
    )
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.settle()
    expect(inFlightBytes()).toBeGreaterThan(0)
    finish('')
    await page.settle()
    expect(inFlightBytes()).toBe(0)
    text.mockRestore()
  })

  test('does not run out over a hundred requests', async () => {
    const { page } = world
    const tracker = page.start({ maxBatchEvents: 1 })
    for (let index = 0; index < 100; index++) {
      tracker.track('like', { metadata: fill(10) })
      await page.settle()
    }
    expect(page.requests).toHaveLength(100)
    expect(page.requests.every(({ init }) => init.keepalive)).toBe(true)
  })

  test('counts bytes and not characters', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start({ maxBatchEvents: 1 })
    tracker.track('like', { metadata: { text: '€'.repeat(1_000) } })
    expect(inFlightBytes()).toBe(new TextEncoder().encode(page.requests[0]!.body).length)
    page.requests[0]!.answer(200)
    await page.settle()
  })

  test('is found by another copy of the SDK', () => {
    const scope = {}
    shareKeepaliveBudget(scope).inFlightBytes += 50_000
    expect(shareKeepaliveBudget(scope).inFlightBytes).toBe(50_000)
  })
})

describe('the page goes away', () => {
  test('and what waits leaves in the same task, as keepalive requests', () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 3)
    page.hide()
    expect(sizes(page)).toEqual([3])
    expect(page.requests[0]!.init.keepalive).toBe(true)
    expect(page.beacons).toEqual([])
    return page.settle()
  })

  test('in two steps, and nothing is sent twice', async () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 3)
    page.exit()
    page.comeBack()
    page.hide()
    await page.settle()
    expect(sizes(page)).toEqual([3])
    expect(tracker.stats()).toMatchObject({ delivered: 3, queued: 0 })
  })

  test('and what a later handler of the page tracks leaves as well', async () => {
    const { page } = world
    const tracker = page.start()
    const goodbye = () => tracker.track('goodbye')
    window.addEventListener('pagehide', goodbye)
    trackSome(tracker, 1)
    page.exit()
    await page.settle()
    expect(page.sent.map(({ type }) => type)).toEqual(['like', 'goodbye'])
    window.removeEventListener('pagehide', goodbye)
  })

  test('and what no keepalive budget is left for goes as a beacon, which stays unconfirmed', async () => {
    const { page } = world
    shareKeepaliveBudget(globalThis).inFlightBytes += 59_900
    const tracker = page.start()
    trackSome(tracker, 3)
    page.hide()
    expect(page.requests).toEqual([])
    expect(page.beacons.map(({ batch }) => batch.events.length)).toEqual([3])
    expect(tracker.stats()).toMatchObject({ recorded: 3, unconfirmed: 3, queued: 0 })
  })

  test('and comes back, and what a beacon took goes out once more to be confirmed', async () => {
    const { page } = world
    const budget = shareKeepaliveBudget(globalThis)
    budget.inFlightBytes += 59_900
    const tracker = page.start()
    trackSome(tracker, 3)
    page.exit()
    budget.inFlightBytes -= 59_900
    await page.settle()
    expect(tracker.stats()).toMatchObject({ unconfirmed: 3, delivered: 0 })
    page.comeBack()
    await page.settle()
    expect(page.requests[0]!.batch.events).toEqual(page.beacons[0]!.batch.events)
    expect(tracker.stats()).toMatchObject({ unconfirmed: 0, delivered: 3 })
  })

  test('while the breaker is open, and nothing is sent, unless nothing could be kept', async () => {
    const { page } = world
    page.collector(503)
    const trackers = [page.start(), page.start({ storage: 'memory', endpoint: 'https://other.test' })]
    for (const tracker of trackers) trackSome(tracker, 20)
    await page.advance(50_000)
    const before = page.requests.length
    page.exit()
    expect(page.requests.slice(before).map(({ url }) => url)).toEqual(['https://other.test/v1/events'])
    for (const tracker of trackers) tracker.setConsent('denied')
    await page.settle()
  })

  test('in trouble, and one request is enough for what is kept anyway', async () => {
    const { page } = world
    page.collector(503)
    const tracker = page.start()
    trackSome(tracker, 60)
    await page.settle()
    page.exit()
    expect(sizes(page)).toEqual([20, 20])
    await page.settle()
    expect(tracker.stats()).toMatchObject({ queued: 60 })
  })

  test('and refused beacons are halved; what is still refused stays queued', async () => {
    const { page } = world
    shareKeepaliveBudget(globalThis).inFlightBytes += 59_900
    let room = 2
    page.takeBeacons((body) => {
      const { length } = (JSON.parse(body) as { events: unknown[] }).events
      if (length > room) return false
      room -= length
      return true
    })
    const tracker = page.start()
    trackSome(tracker, 8)
    page.hide()
    expect(page.beacons.map(({ batch }) => batch.events.length)).toEqual([2])
    expect(tracker.stats()).toMatchObject({ unconfirmed: 2, queued: 6 })
    tracker.setConsent('denied')
  })

  test('and a normal request on its way is not repeated, since it survives', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 20)
    page.exit()
    expect(sizes(page)).toEqual([20])
    page.requests[0]!.answer(200)
    await page.settle()
    expect(tracker.stats()).toMatchObject({ delivered: 20, inFlight: 0 })
  })

  test('and a request that would die with the page is sent again in a way that survives', async () => {
    const { page } = world
    const budget = shareKeepaliveBudget(globalThis)
    budget.inFlightBytes += 59_900
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 20)
    expect(page.requests[0]!.init.keepalive).toBeUndefined()
    budget.inFlightBytes -= 59_900
    page.exit()
    expect(page.requests.map(({ init }) => init.keepalive)).toEqual([undefined, true])
    expect(page.requests[0]!.batch.events).toEqual(page.requests[1]!.batch.events)
    expect(tracker.stats()).toMatchObject({ inFlight: 20, queued: 0 })
    page.requests[1]!.answer(200)
    await page.settle()
    expect(tracker.stats()).toMatchObject({ delivered: 20 })
  })

  test('inside the time that Retry-After asks for, and nothing is sent', async () => {
    const { page } = world
    page.collector((request) => request.answer(503, { headers: { 'Retry-After': '60' } }))
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.settle()
    page.exit()
    expect(page.requests).toHaveLength(1)
    expect(page.beacons).toEqual([])
    expect(tracker.stats().queued).toBe(20)
    tracker.setConsent('denied')
  })

  test('again and again, and batching still batches', async () => {
    const { page } = world
    const tracker = page.start()
    for (let time = 0; time < 3; time++) {
      trackSome(tracker, 3)
      page.hide()
      await page.settle()
      page.unhide()
    }
    trackSome(tracker, 3)
    await page.advance(4_999)
    expect(sizes(page)).toEqual([3, 3, 3])
    await page.advance(1)
    expect(sizes(page)).toEqual([3, 3, 3, 3])
  })
})

describe('close()', () => {
  test('sends what is left, and an answer that comes later still counts', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 3)
    tracker.close()
    expect(sizes(page)).toEqual([3])
    page.requests[0]!.answer(200)
    await page.settle()
    expect(tracker.stats()).toMatchObject({ delivered: 3 })
  })

  test('twice is the same as once', () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 3)
    tracker.close()
    tracker.close()
    expect(sizes(page)).toEqual([3])
  })
})

/** Metadata of so many thousand bytes. */
function fill(thousands: number): object {
  return Object.fromEntries(Array.from({ length: thousands }, (_, index) => [`k${index}`, 'x'.repeat(990)]))
}
