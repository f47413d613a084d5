// The tracker of users' own tests: it shows what was recorded, at once, and touches neither network nor storage.
import { afterEach, beforeEach, expect, expectTypeOf, test, vi } from 'vitest'
import type { DropReason } from '../../src/index'
import { createTestTracker, type TestTracker } from '../../src/testing'

const post = { content: { type: 'post', id: 42 }, source: 'feed' }
const trackers: TestTracker[] = []

function start(options?: Parameters<typeof createTestTracker>[0]) {
  const tracked = createTestTracker(options)
  trackers.push(tracked)
  return tracked
}

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})
afterEach(() => {
  for (const { tracker } of trackers.splice(0)) tracker.close()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('shows an event as soon as it is recorded, as it would travel', () => {
  const { tracker, events } = start()
  tracker.track('like', { ...post, metadata: { from: 'double tap', when: undefined } })
  expect(events).toEqual([
    {
      id: expect.any(String),
      occurredAt: expect.any(Number),
      sessionId: expect.any(String),
      seq: 0,
      type: 'like',
      content: { type: 'post', id: '42' },
      source: 'feed',
      metadata: { from: 'double tap' },
    },
  ])
})

test('records no page by itself, unless it is told to', async () => {
  expect(start().events).toEqual([])
  const { waitFor } = start({ autoPage: true })
  expect((await waitFor('page_view')).content).toEqual({ type: 'page', id: location.pathname })
})

test('sends nothing and stores nothing, whatever consent the page gives', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const beacon = vi.spyOn(navigator, 'sendBeacon')
  const { tracker } = start()
  tracker.setConsent('granted')
  tracker.track('like', post)
  expect(await tracker.flush()).toEqual({ delivered: 1, queued: 0, dropped: {} })
  tracker.close()
  expect(fetch).not.toHaveBeenCalled()
  expect(beacon).not.toHaveBeenCalled()
  expect([sessionStorage.length, localStorage.length]).toEqual([0, 0])
})

test('shows what beforeSend made of an event, and nothing of one that it dropped', () => {
  const { tracker, events } = start({
    beforeSend: (event) => (event.type === 'secret' ? null : { ...event, source: 'changed' }),
  })
  tracker.track('secret')
  tracker.track('like', post)
  expect(events.map(({ type, source }) => [type, source])).toEqual([['like', 'changed']])
})

test('shows nothing of a visitor who said no', () => {
  const { tracker, events } = start({ consent: 'denied' })
  tracker.track('like', post)
  expect(events).toEqual([])
})

test('refuses a wrong option as createTracker does', () => {
  expect(() => start({ threshold: 2 })).toThrow('expected threshold to be a number from 0 to 1, got 2 (number)')
})

test('types the metadata of custom events', () => {
  const tracked = createTestTracker<{ signup: { plan: string } }>()
  trackers.push(tracked as TestTracker)
  tracked.tracker.track('signup', { metadata: { plan: 'pro' } })
  // @ts-expect-error a plan is a text
  tracked.tracker.track('signup', { metadata: { plan: 1 } })
  expectTypeOf(tracked).toExtend<TestTracker<{ signup: { plan: string } }>>()
  expect(tracked.events).toHaveLength(2)
})

test('reset forgets the events, and tells onDrop nothing of it', () => {
  const drops: DropReason[] = []
  const { tracker, events, reset } = start({ onDrop: (reason) => drops.push(reason) })
  tracker.track('like', post)
  reset()
  expect(events).toEqual([])
  tracker.track('share', post)
  expect(events.map(({ type }) => type)).toEqual(['share'])
  expect(drops).toEqual([])
})

test('reset forgets that content was seen', () => {
  const { tracker, events, reset } = start()
  tracker.track('impression', post)
  tracker.track('impression', post)
  expect(events).toHaveLength(1)
  reset()
  tracker.track('impression', post)
  expect(events).toHaveLength(1)
})

test('two trackers of one file know nothing of each other', () => {
  start().tracker.track('impression', post)
  const second = start()
  second.tracker.track('impression', post)
  expect(second.events).toHaveLength(1)
})

test('waitFor resolves with what is there already, the oldest first', async () => {
  const { tracker, waitFor } = start()
  tracker.track('like', { ...post, position: 1 })
  tracker.track('like', { ...post, position: 2 })
  expect((await waitFor('like')).position).toBe(1)
})

test.each([
  ['a type', 'like'],
  ['a part of an event', { content: { id: '42' }, source: 'feed' }],
  ['a part with a matcher', { seq: expect.any(Number), position: 7 }],
  ['a question', ({ position }: { position?: number | undefined }) => position === 7],
])('waitFor resolves with a later event, named by %s', async (_, expected) => {
  const { tracker, waitFor } = start()
  tracker.track('share', { content: { type: 'post', id: 1 } })
  const waiting = waitFor(expected)
  tracker.track('like', { ...post, position: 7 })
  expect((await waiting).type).toBe('like')
})

test('waitFor says what was expected and what was tracked, in real time also where time is faked', async () => {
  vi.useFakeTimers()
  const { tracker, waitFor } = start()
  tracker.track('share', { ...post, position: 3 })
  await expect(waitFor({ type: 'like', position: 3 }, { timeoutMs: 20 })).rejects.toThrow(
    'waitFor(): expected an event "like" with {"position":3} within 20 ms; tracked so far:\n' +
      '  share {"content":{"type":"post","id":"42"},"source":"feed","position":3}',
  )
})

test('waitFor says that nothing was tracked', async () => {
  await expect(start().waitFor(() => false, { timeoutMs: 1 })).rejects.toThrow(
    'waitFor(): expected an event for which the function is true within 1 ms; nothing was tracked.',
  )
})
