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
    expect([page.requests, page.beacons, sessionStorage.length]).toEqual([[], [], 0])
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
    expect(sessionStorage.getItem('sightline:session')).toContain(page.sent[0]!.sessionId)
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
    sessionStorage.setItem('theirs', 'kept')
    const card = page.add()
    observe(card)
    page.show(card)
    await page.advance(1_100)
    tracker.setConsent('denied')
    expect(Object.keys({ ...sessionStorage })).toEqual(['theirs'])
    tracker.track('like')
    await page.advance(60_000)
    page.exit()
    expect([page.requests, page.beacons]).toEqual([[], []])
    expect(tracker.stats()).toMatchObject({ recorded: 3, queued: 0, dropped: { consent: 3 } })
    expect(Object.keys({ ...sessionStorage })).toEqual(['theirs'])
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
