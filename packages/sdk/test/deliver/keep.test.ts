import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tracker, TrackerStorage } from '../../src/index'
import type { Request } from '../support/fake-page'
import { longestPause, trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

const kept = () => Object.keys(localStorage).filter((name) => name.startsWith('sightline:event:'))
const ids = (requests: Request[]) => requests.flatMap(({ batch }) => batch.events.map(({ id }) => id!))

/** The tab of these trackers is killed: it says and does nothing any more, and the browser frees its locks. */
async function kill(...trackers: Tracker[]): Promise<void> {
  await world.page.settle()
  for (const tracker of trackers) tracker.setConsent('pending')
  world.page.locks.crash()
  await world.page.settle()
}

describe('an event', () => {
  test('is kept when it is recorded, under a name of its own, and removed when it was delivered', async () => {
    const { page } = world
    const tracker = page.start()
    trackSome(tracker, 2)
    await page.settle()
    expect(kept()).toEqual([
      expect.stringMatching(/^sightline:event:https:\/\/collect\.test\/v1\/events:[\da-f-]{36}:[\da-f-]{36}$/),
      expect.stringMatching(/:[\da-f-]{36}$/),
    ])
    expect(JSON.parse(localStorage.getItem(kept()[0]!)!)).toMatchObject({ type: 'like', seq: 0 })
    await tracker.flush()
    expect(kept()).toEqual([])
  })

  test('that is dropped is not kept', async () => {
    const { page } = world
    const tracker = page.start({ maxQueueEvents: 2, maxBatchEvents: 100 })
    tracker.track('Wrong')
    trackSome(tracker, 5)
    expect(tracker.stats()).toMatchObject({ queued: 2, dropped: { invalid: 1, queue_full: 3 } })
    await page.settle()
    expect(kept()).toHaveLength(2)
  })

  test('that was refused is not kept', async () => {
    const { page } = world
    page.collector(400)
    const tracker = page.start()
    trackSome(tracker, 2)
    await tracker.flush()
    expect([tracker.stats().dropped, kept()]).toEqual([{ rejected: 2 }, []])
  })

  test('that left with the page is kept until somebody has confirmed it', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 3)
    page.exit()
    expect(page.requests).toHaveLength(1)
    expect(kept()).toHaveLength(3)
    page.requests[0]!.answer(200)
    await page.settle()
    expect(kept()).toEqual([])
  })

  test('is not kept before the visitor has agreed, and is from then on', () => {
    const tracker = world.page.start({ consent: 'pending' })
    trackSome(tracker, 2)
    expect(localStorage.length).toBe(0)
    world.page.blackHole()
    tracker.setConsent('granted')
    expect(kept()).toHaveLength(2)
    tracker.setConsent('denied')
    expect(localStorage.length).toBe(0)
  })

  test('waits in memory where the storage is full, and nothing else changes', async () => {
    const { page } = world
    const storage: TrackerStorage = {
      get: () => null,
      set() {
        throw new DOMException('full', 'QuotaExceededError')
      },
      remove: () => {},
      keys: () => [],
    }
    const tracker = page.start({ storage })
    trackSome(tracker, 3)
    expect(await tracker.flush()).toMatchObject({ delivered: 3 })
    expect(page.sent.map(({ seq }) => seq)).toEqual([0, 1, 2])
  })
})

describe('the next visit', () => {
  test('delivers what a killed tab left, with its old ids, times and numbers, before its own', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1_000_000 })
    trackSome(dead, 3)
    const capturedAt = Date.now()
    await kill(dead)
    await page.advance(60_000)
    const tracker = page.start()
    await page.settle()
    tracker.track('share')
    expect(tracker.stats()).toMatchObject({ recorded: 4, queued: 4 })
    await page.advance(5_000)
    expect(page.requests).toHaveLength(1)
    expect(page.requests[0]!.batch.events).toMatchObject([
      { type: 'like', occurredAt: capturedAt, seq: 0 },
      { type: 'like', occurredAt: capturedAt, seq: 1 },
      { type: 'like', occurredAt: capturedAt, seq: 2 },
      { type: 'share', seq: 3 },
    ])
    expect(kept()).toEqual([])
  })

  test('delivers what a page left that let go of it only after the next one had started', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1_000_000 })
    trackSome(dead, 3)
    await page.settle()
    const tracker = page.start()
    await page.advance(1_000)
    expect(tracker.stats().recorded).toBe(0)
    await kill(dead)
    await page.advance(10_000)
    expect(tracker.stats()).toMatchObject({ recorded: 3, delivered: 3 })
  })

  test('sends what left with the last one once more, unless an answer came', async () => {
    const { page } = world
    page.blackHole()
    const before = page.start()
    trackSome(before, 3)
    page.exit()
    await page.settle()
    page.accept()
    const tracker = page.start()
    page.comeBack()
    await page.settle()
    await tracker.flush()
    const [first, second] = page.requests
    expect(second!.batch.events).toEqual(first!.batch.events)
    await tracker.flush()
    expect(page.requests).toHaveLength(2)
    expect(tracker.stats()).toMatchObject({ recorded: 3, delivered: 3 })
  })

  test('gets everything from two tabs that were killed, each event once', async () => {
    const { page } = world
    const [one, other] = [page.start({ flushIntervalMs: 1e6 }), page.start({ flushIntervalMs: 1e6 })]
    trackSome(one, 5)
    trackSome(other, 2)
    await kill(one, other)
    const tracker = page.start()
    await page.advance(5_000)
    expect(new Set(ids(page.requests)).size).toBe(7)
    expect(ids(page.requests)).toHaveLength(7)
    expect(tracker.stats()).toMatchObject({ recorded: 7, delivered: 7 })
  })

  test('leaves alone what belongs to a tab that lives, however long it has been frozen', async () => {
    const { page } = world
    const frozen = page.start({ flushIntervalMs: 1e9, maxBatchEvents: 100 })
    trackSome(frozen, 50)
    page.hide()
    page.blackHole()
    await page.advance(600_000)
    const tracker = page.start()
    await page.advance(5_000)
    expect(tracker.stats().recorded).toBe(0)
    expect(ids(page.requests)).toHaveLength(50)
  })

  test('shares what was left between tabs that open together: nothing is adopted twice', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 5)
    await kill(dead)
    const trackers = [page.start(), page.start()]
    await page.advance(5_000)
    expect(ids(page.requests)).toHaveLength(5)
    expect(trackers.map((tracker) => tracker.stats().recorded)).toEqual([5, 0])
  })

  test('delivers at once to the tab that comes next what a page in the back/forward cache kept', async () => {
    const { page } = world
    page.collector(500)
    const cached = page.start()
    trackSome(cached, 3)
    page.exit()
    await page.settle()
    page.accept()
    const tracker = page.start()
    await page.settle()
    expect(tracker.stats()).toMatchObject({ recorded: 3 })
    page.comeBack()
    await page.settle()
    expect(new Set(ids(page.requests)).size).toBe(3)
    expect(kept()).toEqual([])
  })

  test('does not touch what waits for another endpoint', async () => {
    const { page } = world
    const dead = page.start({ endpoint: 'https://other.test', flushIntervalMs: 1e9 })
    trackSome(dead, 3)
    await kill(dead)
    const tracker = page.start()
    await page.advance(5_000)
    expect(tracker.stats().recorded).toBe(0)
    expect(kept()).toHaveLength(3)
  })

  test('counts what cannot be read as dropped, and delivers the rest', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 5)
    await kill(dead)
    const [one, two, three] = kept()
    localStorage.setItem(one!, '{"type":"li')
    localStorage.setItem(two!, 'null')
    localStorage.setItem(three!, '{"id":"of another"}')
    const tracker = page.start()
    await page.advance(5_000)
    expect(tracker.stats()).toMatchObject({ recorded: 5, delivered: 2, dropped: { storage: 3 } })
    expect(page.requests[0]!.batch.drops).toEqual({ storage: 3 })
    expect(kept()).toEqual([])
  })

  test('drops what has become too old', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 3)
    await kill(dead)
    await page.advance(86_400_001)
    const tracker = page.start()
    await page.advance(5_000)
    expect(tracker.stats()).toMatchObject({ recorded: 3, dropped: { expired: 3 } })
    expect([page.requests, kept()]).toEqual([[], []])
  })

  test('keeps within its limits, whatever was left', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9, maxBatchEvents: 100 })
    trackSome(dead, 50)
    await kill(dead)
    const tracker = page.start({ maxQueueEvents: 20, maxBatchEvents: 100 })
    await page.settle()
    expect(tracker.stats()).toMatchObject({ recorded: 50, queued: 20, dropped: { queue_full: 30 } })
    expect(kept()).toHaveLength(20)
    await tracker.flush()
    expect(page.sent.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 30))
  })

  test('does not look before the visitor has agreed', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 3)
    await kill(dead)
    const tracker = page.start({ consent: 'pending' })
    await page.advance(5_000)
    expect(tracker.stats().recorded).toBe(0)
    tracker.setConsent('granted')
    await page.advance(5_000)
    expect(tracker.stats()).toMatchObject({ recorded: 3, delivered: 3 })
  })

  test('that is over before the lock is there leaves everything where it is', async () => {
    const { page } = world
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 3)
    await kill(dead)
    page.start().close()
    await page.settle()
    expect(kept()).toHaveLength(3)
  })

  test.each<[string, unknown]>([
    ['are missing, as on plain http', undefined],
    [
      'throw',
      {
        request() {
          throw new DOMException('not here', 'SecurityError')
        },
      },
    ],
    ['are refused', { request: () => Promise.reject(new DOMException('not here', 'SecurityError')) }],
  ])('delivers its own events also where Web Locks %s', async (_, locks) => {
    const { page } = world
    page.with(navigator, 'locks', locks)
    const tracker = page.start()
    trackSome(tracker, 3)
    expect(await tracker.flush()).toMatchObject({ delivered: 3 })
  })

  test('adopts at once where there are no Web Locks: ids make it safe', async () => {
    const { page } = world
    page.with(navigator, 'locks', undefined)
    const dead = page.start({ flushIntervalMs: 1e9 })
    trackSome(dead, 3)
    await kill(dead)
    expect(page.start().stats()).toMatchObject({ recorded: 3 })
  })
})

describe('closing', () => {
  test('keeps what was not confirmed for the next tracker', async () => {
    const { page } = world
    page.blackHole()
    const before = page.start()
    trackSome(before, 3)
    before.close()
    await page.settle()
    expect(page.locks.held).toEqual([])
    page.accept()
    const tracker = page.start()
    await page.advance(5_000)
    expect(tracker.stats()).toMatchObject({ recorded: 3, delivered: 3 })
  })
})

describe('trackers of one page with one endpoint', () => {
  test('work side by side, in one session', async () => {
    const { page } = world
    const [one, other] = [page.start(), page.start()]
    trackSome(one, 2)
    trackSome(other, 2)
    await Promise.all([one.flush(), other.flush()])
    expect(page.sent.map(({ seq }) => seq)).toEqual([0, 1, 2, 3])
    expect(new Set(page.sent.map(({ sessionId }) => sessionId)).size).toBe(1)
    expect([one.stats().delivered, other.stats().delivered]).toEqual([2, 2])
  })
})

describe('when nothing can be sent for a day', () => {
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockImplementation(() => 0)
    return () => vi.restoreAllMocks()
  })

  test.each<[string, (request: Request) => void]>([
    ['the network is gone', (request) => request.fail()],
    ['the collector answers 503', (request) => request.answer(503)],
    ['the collector never answers', () => {}],
  ])(
    'because %s: few requests, bounded memory, the oldest dropped and counted, the rest delivered in the end',
    async (_, trouble) => {
      const { page } = world
      // In memory, since the storage of the test environment is slow; the limits are the same.
      const tracker = page.start({ storage: 'memory', maxEventAgeMs: 2 * 86_400_000 })
      page.collector(trouble)
      let firstMinute = 0
      let firstHour = 0
      for (let minute = 0; minute < 24 * 60; minute++) {
        tracker.track('like', { metadata: { minute } })
        if (minute === 1) firstMinute = page.requests.length
        if (minute === 60) firstHour = page.requests.length
        const { queued, inFlight } = tracker.stats()
        expect(queued + inFlight).toBeLessThanOrEqual(1_000)
        await page.advance(60_000)
      }
      expect(firstMinute).toBeLessThanOrEqual(4)
      expect(firstHour).toBeLessThanOrEqual(12)
      expect(page.requests.length).toBeLessThanOrEqual(300)
      expect(tracker.stats()).toMatchObject({ recorded: 1_440, dropped: { queue_full: 440 } })
      page.accept()
      await page.advance(1_400_000)
      expect(tracker.stats()).toMatchObject({ delivered: 1_000, queued: 0, inFlight: 0 })
      const stored = new Set(page.requests.flatMap(({ batch }) => batch.events.map(({ seq }) => seq!)))
      expect(Math.max(...stored)).toBe(1_439)
    },
    60_000,
  )

  test('a visitor who comes and goes all the time causes at most a request a minute', async () => {
    vi.mocked(Math.random).mockImplementation(longestPause)
    const { page } = world
    page.collector(503)
    const tracker = page.start()
    trackSome(tracker, 50)
    for (let time = 0; time < 360; time++) {
      page.hide()
      await page.advance(5_000)
      page.goOnline()
      page.unhide()
      await page.advance(5_000)
    }
    expect(page.requests.length).toBeLessThanOrEqual(4 + 60)
    expect(tracker.stats().queued).toBe(50)
  })
})
