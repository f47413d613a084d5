import { describe, expect, test, vi } from 'vitest'
import { trackSome } from './support/batches'
import { useFakePage } from './support/fake-page'
import { openFeed } from './support/feed'

const world = useFakePage()

describe('while consent is pending', () => {
  test('events wait in memory: no request, nothing stored, not even at exit', async () => {
    const { page } = world
    const tracker = page.start({ consent: 'pending', autoPage: true })
    trackSome(tracker, 30)
    await page.advance(60_000)
    page.exit()
    await tracker.flush()
    expect([page.requests, page.beacons, localStorage.length]).toEqual([[], [], 0])
    expect(tracker.stats()).toMatchObject({ recorded: 31, queued: 31 })
  })

  test('and then granted, they are sent with the times at which they happened', async () => {
    const { page } = world
    const tracker = page.start({ consent: 'pending' })
    const happenedAt = Date.now()
    tracker.track('like')
    await page.advance(60_000)
    tracker.setConsent('granted')
    await page.settle()
    expect(page.sent).toMatchObject([{ type: 'like', occurredAt: happenedAt }])
    expect(localStorage.getItem('sightline:session')).toContain(page.sent[0]!.sessionId)
  })

  test('a session that began with consent goes on', async () => {
    const { page } = world
    const before = page.start()
    before.track('like')
    before.close()
    const tracker = page.start({ consent: 'pending' })
    tracker.track('share')
    tracker.setConsent('granted')
    await page.settle()
    expect(page.sent.map(({ seq }) => seq)).toEqual([0, 1])
  })
})

describe('when consent is denied', () => {
  test('the queue and everything stored is gone, and what is recorded later is dropped', async () => {
    const { page, tracker, observe } = openFeed(world.page)
    localStorage.setItem('theirs', 'kept')
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    tracker.setConsent('denied')
    expect(Object.keys({ ...localStorage })).toEqual(['theirs'])
    tracker.track('like')
    await page.advance(60_000)
    page.exit()
    expect([page.requests, page.beacons]).toEqual([[], []])
    expect(tracker.stats()).toMatchObject({ recorded: 3, queued: 0, dropped: { consent: 3 } })
    expect(Object.keys({ ...localStorage })).toEqual(['theirs'])
  })

  test('a request on its way is ended', async () => {
    const { page } = world
    page.blackHole()
    const tracker = page.start()
    trackSome(tracker, 20)
    tracker.setConsent('denied')
    expect(page.requests[0]!.init.signal!.aborted).toBe(true)
    await page.settle()
    expect(tracker.stats()).toMatchObject({ inFlight: 0, queued: 0, dropped: { consent: 20 } })
  })

  test('and granted again, a new session begins and contents count anew', async () => {
    const { page, tracker, seen, observe } = openFeed(world.page)
    tracker.track('like')
    await tracker.flush()
    tracker.setConsent('denied')
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    tracker.setConsent('granted')
    page.leave(card)
    await page.advance(10)
    page.show(card)
    await page.advance(1_100)
    await tracker.flush()
    expect(seen).toEqual(['post:42'])
    expect(new Set(page.sent.map(({ sessionId }) => sessionId)).size).toBe(2)
  })
})

describe('a browser that asks not to be tracked', () => {
  test.each([
    ['globalPrivacyControl', true, {}, true],
    ['globalPrivacyControl', true, { respectGpc: false }, false],
    ['doNotTrack', '1', {}, false],
    ['doNotTrack', '1', { respectDnt: true }, true],
    ['doNotTrack', '0', { respectDnt: true }, false],
  ])('by %s = %j is heard with %j: %s', async (signal, value, options, isHeard) => {
    const { page } = world
    page.with(navigator, signal, value)
    const tracker = page.start(options)
    tracker.setConsent('granted')
    tracker.track('like')
    await tracker.flush()
    expect(page.requests).toHaveLength(isHeard ? 0 : 1)
    expect(tracker.stats().dropped).toEqual(isHeard ? { consent: 1 } : {})
  })

  test('is why nothing is sent, and debug says so', () => {
    const { page } = world
    const said = vi.spyOn(console, 'debug').mockImplementation(() => {})
    page.with(navigator, 'globalPrivacyControl', true)
    page.start({ debug: true })
    expect(said.mock.calls.flat().join('\n')).toContain('Global Privacy Control')
    said.mockRestore()
  })
})

/** How many of so many sessions are recorded. */
async function countSampled(sampleRate: number, sessions: number): Promise<number> {
  const { page } = world
  const tracker = page.start({ sampleRate, storage: 'memory' })
  for (let session = 0; session < sessions; session++) {
    trackSome(tracker, 2)
    await page.advance(31 * 60_000)
  }
  const { delivered, dropped } = tracker.stats()
  expect(delivered + (dropped.sampled ?? 0)).toBe(2 * sessions)
  return delivered / 2
}

describe('sampling', () => {
  test('takes a share of the sessions, each of them whole', async () => {
    const taken = await countSampled(0.3, 400)
    expect(taken).toBeGreaterThan(80)
    expect(taken).toBeLessThan(160)
    expect(Number.isInteger(taken)).toBe(true)
  })

  test('of 1 takes all, of 0 none', async () => {
    expect([await countSampled(1, 20), await countSampled(0, 20)]).toEqual([20, 0])
  })

  test('decides once for all tabs and reloads of a session', async () => {
    const { page } = world
    for (let tab = 0; tab < 20; tab++) trackSome(page.start({ sampleRate: 0.5 }), 1)
    await page.settle()
    const outcomes = new Set(
      Object.keys(localStorage)
        .filter((name) => name.includes(':event:'))
        .map(() => 'in'),
    )
    const tracker = page.start({ sampleRate: 0.5 })
    trackSome(tracker, 1)
    expect(tracker.stats().dropped).toEqual(outcomes.size ? {} : { sampled: 1 })
  })

  test('a session that is out does not begin anew while the visitor is there', async () => {
    const { page } = world
    const tracker = page.start({ sampleRate: 0 })
    trackSome(tracker, 1)
    await page.settle()
    const id = localStorage.getItem('sightline:session')!.split(' ')[3]
    for (let time = 0; time < 6; time++) {
      await page.advance(20 * 60_000)
      trackSome(tracker, 1)
    }
    expect(localStorage.getItem('sightline:session')).toContain(id)
  })
})

const anonymousIds = () => world.page.requests.map(({ batch }) => batch.anonymousId)

describe('an anonymous id', () => {
  test('is none unless the site turned it on', async () => {
    const tracker = world.page.start()
    trackSome(tracker, 1)
    await tracker.flush()
    expect(anonymousIds()).toEqual([undefined])
    expect(Object.keys(localStorage)).toEqual(['sightline:session'])
  })

  test('is one for all visits and tabs', async () => {
    for (let visit = 0; visit < 3; visit++) {
      const tracker = world.page.start({ anonymousId: true })
      trackSome(tracker, 1)
      await tracker.flush()
    }
    expect(new Set(anonymousIds()).size).toBe(1)
    expect(anonymousIds()[0]).toMatch(/^[\da-f-]{36}$/)
  })

  test('does not exist before the visitor agrees, and is gone when the visitor does not any more', async () => {
    const { page } = world
    const tracker = page.start({ anonymousId: true, consent: 'pending' })
    trackSome(tracker, 1)
    await page.advance(60_000)
    expect(localStorage.length).toBe(0)
    tracker.setConsent('granted')
    await page.settle()
    const [first] = anonymousIds()
    expect(localStorage.getItem('sightline:anonymous')).toBe(first)
    tracker.setConsent('denied')
    expect(localStorage.length).toBe(0)
    tracker.setConsent('granted')
    trackSome(tracker, 1)
    await tracker.flush()
    expect(anonymousIds()[1]).not.toBe(first)
  })

  test('that somebody has damaged is made anew', async () => {
    localStorage.setItem('sightline:anonymous', 'me')
    const tracker = world.page.start({ anonymousId: true })
    trackSome(tracker, 1)
    await tracker.flush()
    expect(anonymousIds()[0]).toMatch(/^[\da-f-]{36}$/)
  })
})

describe('the end of a session', () => {
  test('ends the views that are open, still in the old session and before its next event', async () => {
    const { page, tracker, views, observe } = openFeed(world.page)
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    await vi.advanceTimersByTimeAsync(31 * 60_000)
    tracker.track('like')
    await tracker.flush()
    expect(views).toMatchObject([{ endReason: 'session' }])
    // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array
    const [impression, view, like] = page.sent.slice().sort((one, other) => (one.id! < other.id! ? -1 : 1))
    expect([impression!.type, view!.type, like!.type]).toEqual(['impression', 'view', 'like'])
    expect([view!.sessionId, like!.seq]).toEqual([impression!.sessionId, 0])
    expect(like!.sessionId).not.toBe(view!.sessionId)
  })
})
