import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createPause, judge, readRetryAfter } from '../../src/deliver/retry'
import { longestPause, sizes, trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(longestPause)
  return () => vi.restoreAllMocks()
})

/** The part of a body that must be the same in every attempt. */
const eventsOf = ({ body }: { body: string }) => body.slice(body.indexOf('"events"'))

test.each([
  ['done', [200, 201, 202, 204, 299]],
  ['again', [0, 408, 425, 429, 500, 502, 503, 504, 507, 599]],
  ['smaller', [413]],
  ['hold', [401, 403]],
  ['refused', [301, 304, 400, 404, 405, 410, 415, 422, 501, 505]],
] as const)('"%s" is the verdict on %j', (verdict, statuses) => {
  for (const status of statuses) expect([status, judge(status)]).toEqual([status, verdict])
})

/** The waits after so many failures in a row, in seconds. */
function waitsAfter(count: number, status = 500) {
  let now = 0
  const pause = createPause(
    () => now,
    () => 0,
  )
  return Array.from({ length: count }, () => {
    now = pause.until
    pause.after('again', status)
    return Math.round(pause.until - now) / 1_000
  })
}

describe('a pause', () => {
  test('reaches up to 1, 4 and 16 seconds; then the breaker is open for 1 to 15 minutes', () => {
    vi.mocked(Math.random).mockReturnValue(1)
    expect(waitsAfter(9)).toEqual([1, 4, 16, 90, 180, 360, 720, 1_350, 1_350])
    vi.mocked(Math.random).mockReturnValue(0)
    expect(waitsAfter(9)).toEqual([0, 0, 0, 60, 120, 240, 480, 900, 900])
  })

  test('after a 429 that asks for none is at least half a minute', () => {
    vi.mocked(Math.random).mockReturnValue(0.5)
    expect(waitsAfter(5, 429)).toEqual([30, 30, 30, 75, 150])
  })

  test('is forgotten after a decision', () => {
    vi.mocked(Math.random).mockReturnValue(1)
    const pause = createPause(
      () => 0,
      () => 0,
    )
    for (let time = 0; time < 6; time++) pause.after('again', 0)
    pause.after('refused', 400)
    expect([pause.until, pause.failures]).toEqual([0, 0])
    pause.after('again', 0)
    expect(pause.until).toBe(1_000)
  })

  test('is spread over the whole reach, so that clients do not come back together', () => {
    const waits = Array.from({ length: 1_000 }, (_, index) => {
      vi.mocked(Math.random).mockReturnValue(index / 1_000)
      const pause = createPause(
        () => 0,
        () => 0,
      )
      pause.after('again', 500)
      return pause.until
    })
    expect([Math.min(...waits), Math.max(...waits)]).toEqual([0, 999])
  })

  test('that was asked for is at most a tenth longer', () => {
    vi.mocked(Math.random).mockReturnValue(1)
    const pause = createPause(
      () => 0,
      () => 0,
    )
    pause.after('again', 503, '10')
    expect(pause.until).toBe(11_000)
  })

  test('of a server that asks for no time at all still grows', () => {
    vi.mocked(Math.random).mockReturnValue(1)
    const pause = createPause(
      () => 0,
      () => 0,
    )
    pause.after('again', 503, '0')
    expect(pause.until).toBe(1_000)
  })
})

test.each([
  ['120', 120_000],
  ['0', 0],
  ['86400', 300_000],
  ['Thu, 01 Jan 1970 00:01:30 GMT', 60_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', -30_000],
  ['soon', Number.NaN],
  ['', Number.NaN],
  [null, Number.NaN],
])('Retry-After: %s asks for %s ms', (header, ms) => {
  expect(readRetryAfter(header, 30_000)).toBe(ms)
})

describe('a batch that was not decided', () => {
  test.each([500, 503, 408, 425, 429])('by %i is sent again, byte for byte the same events', async (status) => {
    const { page } = world
    page.collector(status)
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.advance(5_000)
    page.accept()
    await page.advance(30_000)
    expect(page.requests).toHaveLength(2)
    expect(eventsOf(page.requests[1]!)).toBe(eventsOf(page.requests[0]!))
    expect(tracker.stats()).toMatchObject({ delivered: 3, queued: 0 })
  })

  test('for want of a network is sent again at once when the network is back', async () => {
    const { page } = world
    page.collector((request) => request.fail())
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.advance(10_000)
    const before = page.requests.length
    page.accept()
    page.goOnline()
    expect(page.requests).toHaveLength(before + 1)
    await page.settle()
    expect(tracker.stats()).toMatchObject({ delivered: 3 })
  })

  test('is sent again at once when the visitor returns', async () => {
    const { page } = world
    page.collector(500)
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.advance(6_000)
    page.hide()
    await page.settle()
    const before = page.requests.length
    page.unhide()
    expect(page.requests).toHaveLength(before + 1)
    tracker.setConsent('denied')
    await page.settle()
  })

  test('waits for as long as Retry-After says, whatever happens', async () => {
    const { page } = world
    page.collector((request) => request.answer(429, { headers: { 'Retry-After': '90' } }))
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.settle()
    page.goOnline()
    page.hide()
    page.unhide()
    trackSome(tracker, 40)
    await tracker.flush()
    await page.advance(89_000)
    expect(page.requests).toHaveLength(1)
    page.accept()
    await page.advance(10_000)
    expect(tracker.stats()).toMatchObject({ delivered: 60 })
  })

  test('is not overtaken: new events wait behind the same pause, with one timer', async () => {
    const { page } = world
    page.collector(500)
    const tracker = page.start()
    for (let second = 0; second < 60; second++) {
      trackSome(tracker, 20)
      await page.advance(1_000)
    }
    expect(page.requests.length).toBeLessThanOrEqual(7)
    expect(vi.getTimerCount()).toBe(1)
    tracker.setConsent('denied')
  })

  test('is given up by age and not by count', async () => {
    const { page } = world
    page.collector(500)
    const tracker = page.start({ maxEventAgeMs: 3_600_000 })
    trackSome(tracker, 3)
    await page.advance(3_540_000)
    expect(tracker.stats()).toMatchObject({ queued: 3, dropped: {} })
    await page.advance(1_400_000)
    expect(tracker.stats()).toMatchObject({ queued: 0, dropped: { expired: 3 } })
  })
})

describe('a batch that is too large', () => {
  test('is halved until it passes, and grows again', async () => {
    const { page } = world
    page.collector((request) => request.answer(request.batch.events.length > 5 ? 413 : 200))
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.advance(30_000)
    expect(sizes(page).slice(0, 4)).toEqual([20, 10, 5, 10])
    await page.advance(120_000)
    expect(tracker.stats()).toMatchObject({ delivered: 20, dropped: {} })
  })

  test('alone is dropped as too_large, and the next event is sent', async () => {
    const { page } = world
    page.collector((request) => request.answer(request.body.includes('poison') ? 413 : 200))
    const tracker = page.start({ maxBatchEvents: 4 })
    tracker.track('like', { metadata: { poison: true } })
    trackSome(tracker, 3)
    await page.advance(60_000)
    expect(tracker.stats()).toMatchObject({ delivered: 3, dropped: { too_large: 1 } })
  })

  test('for a collector that finds everything too large causes no storm', async () => {
    const { page } = world
    page.collector(413)
    const tracker = page.start()
    trackSome(tracker, 200)
    await page.advance(60_000)
    expect(page.requests.length).toBeLessThan(10)
    tracker.setConsent('denied')
  })
})

const poison = (request: { body: string; fail(): void; answer(status: number): void }) =>
  request.body.includes('poison') ? request.fail() : request.answer(200)

describe('an event that a filter on the way swallows', () => {
  test('does not block the ones behind it, and is dropped once others were seen to pass', async () => {
    const { page } = world
    page.collector(poison)
    const tracker = page.start()
    tracker.track('like', { metadata: { poison: true } })
    trackSome(tracker, 39)
    await page.advance(1_800_000)
    expect(tracker.stats()).toMatchObject({ delivered: 39, queued: 0, dropped: { rejected: 1 } })
  })

  test('is not suspected as long as nothing passes at all', async () => {
    const { page } = world
    page.collector((request) => request.fail())
    const tracker = page.start()
    trackSome(tracker, 3)
    await page.advance(6 * 3_600_000)
    page.accept()
    await page.advance(1_800_000)
    expect(tracker.stats()).toMatchObject({ delivered: 3, dropped: {} })
    expect(new Set(page.requests.slice(-3).flatMap(({ batch }) => batch.events.map(({ seq }) => seq))).size).toBe(3)
  })

  test('by refusing keepalive goes without it the second time', async () => {
    const { page } = world
    page.collector((request) => (request.init.keepalive ? request.fail() : request.answer(200)))
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.advance(2_000)
    expect(tracker.stats()).toMatchObject({ delivered: 20 })
  })
})

describe('a batch that is not allowed', () => {
  test.each([401, 403])('by %i waits, and neither the network nor the visitor ends that', async (status) => {
    const { page } = world
    page.collector(status)
    const tracker = page.start()
    trackSome(tracker, 20)
    await page.settle()
    page.goOnline()
    page.exit()
    page.comeBack()
    await page.advance(59_000)
    expect(page.requests).toHaveLength(1)
    expect(tracker.stats()).toMatchObject({ queued: 20, dropped: {} })
    page.accept()
    expect(await tracker.flush()).toMatchObject({ delivered: 20 })
  })
})

describe('a decided batch', () => {
  test('loses only the events that were refused', async () => {
    const { page } = world
    page.collector((request) =>
      request.answer(200, {
        body: {
          success: false,
          tracked: 2,
          duplicates: 0,
          dropped: {},
          errors: [{ index: 1, code: 'x', message: '' }],
        },
      }),
    )
    const onDrop = vi.fn<(reason: string, events: { metadata?: unknown }[]) => void>()
    const tracker = page.start({ onDrop })
    trackSome(tracker, 3)
    expect(await tracker.flush()).toEqual({ delivered: 2, queued: 0, dropped: { rejected: 1 } })
    expect(onDrop.mock.calls).toMatchObject([['rejected', [{ metadata: { index: 1 } }]]])
  })

  test.each([400, 404, 415, 501])('by %i is dropped as rejected, and the ones behind it are sent', async (status) => {
    const { page } = world
    const tracker = page.start({ maxBatchEvents: 2 })
    page.collector((request) => request.answer(page.requests.length === 1 ? status : 200))
    trackSome(tracker, 4)
    expect(await tracker.flush()).toMatchObject({ queued: 0, dropped: { rejected: 2 } })
    expect(tracker.stats()).toMatchObject({ delivered: 2 })
  })

  test.each(['', 'not json', '[]', 'null', '{"errors":7}'])('is stored when its answer is %j', async (body) => {
    const { page } = world
    page.collector((request) => request.answer(200, { body }))
    const tracker = page.start()
    trackSome(tracker, 2)
    expect(await tracker.flush()).toMatchObject({ delivered: 2 })
  })
})

describe('drops', () => {
  test('are told with the next batch, once', async () => {
    const { page } = world
    const tracker = page.start()
    tracker.track('Wrong')
    trackSome(tracker, 1)
    await tracker.flush()
    trackSome(tracker, 1)
    await tracker.flush()
    expect(page.requests.map(({ batch }) => batch.drops)).toEqual([{ invalid: 1 }, undefined])
  })

  test('are told again when the batch did not arrive', async () => {
    const { page } = world
    page.collector(500)
    const tracker = page.start()
    tracker.track('Wrong')
    trackSome(tracker, 1)
    await tracker.flush()
    tracker.track('Wrong')
    page.accept()
    await tracker.flush()
    expect(page.requests.map(({ batch }) => batch.drops)).toEqual([{ invalid: 1 }, { invalid: 2 }])
  })
})
