import { describe, expect, test, vi } from 'vitest'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()

describe('an event', () => {
  test('gets its id, time, session and number once, at capture', async () => {
    const { page, tracker } = openFeed(world.page)
    tracker.track('like', { content: { type: 'post', id: 42 }, source: 'feed', metadata: { a: 1 } })
    const capturedAt = Date.now()
    await page.advance(60_000)
    await tracker.flush()
    expect(page.sent).toEqual([
      {
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        type: 'like',
        occurredAt: capturedAt,
        sessionId: expect.stringMatching(/^[\da-f-]{36}$/),
        seq: 0,
        content: { type: 'post', id: '42' },
        source: 'feed',
        metadata: { a: 1 },
      },
    ])
  })

  test('is numbered without a gap, also after a reload', async () => {
    const { page } = world
    for (let load = 0; load < 2; load++) {
      const { tracker } = openFeed(page)
      tracker.track('like')
      tracker.track('share')
      tracker.close()
    }
    expect(page.sent.map(({ seq }) => seq)).toEqual([0, 1, 2, 3])
    expect(new Set(page.sent.map(({ sessionId }) => sessionId)).size).toBe(1)
  })

  test.each([
    [30 * 60_000 + 1, 'after half an hour without any', 1],
    [29 * 60_000, 'of the same session after a shorter pause', 0],
  ])('after %i ms is %s', async (ms, _, others) => {
    const { page, tracker } = openFeed(world.page)
    tracker.track('like')
    await page.advance(ms)
    tracker.track('like')
    await tracker.flush()
    expect(new Set(page.sent.map(({ sessionId }) => sessionId)).size).toBe(1 + others)
  })

  test('begins a new session a day after the first, also without a pause', async () => {
    const { page, tracker } = openFeed(world.page)
    for (let minute = 0; minute <= 24 * 60 + 20; minute += 20) {
      tracker.track('heartbeat')
      await page.advance(20 * 60_000)
    }
    await tracker.flush()
    const ids = page.sent.map(({ sessionId }) => sessionId)
    const sizes = [...new Set(ids)].map((id) => ids.filter((other) => other === id).length)
    expect([sizes.length, Math.max(...sizes)]).toEqual([2, 73])
  })

  test.each<[string, object, object]>([
    ['a negative position', { position: -1 }, {}],
    ['a position between two', { position: 1.5 }, {}],
    ['a position as text', { position: '3' }, {}],
    ['a depth above 100', { scrollDepth: 101 }, {}],
    ['a duration that is no number', { durationMs: Number.NaN }, {}],
    ['a referrer that is no address', { referrer: 'nowhere' }, {}],
    ['metadata that is no object', { metadata: 'text' }, {}],
    ['a source that is no text', { source: 7, position: 2 }, { position: 2 }],
  ])('goes without %s', async (_, fields, left) => {
    const { page, tracker } = openFeed(world.page)
    tracker.track('like', fields as never)
    await tracker.flush()
    const { id, type, occurredAt, sessionId, seq, ...rest } = page.sent[0]!
    expect([typeof id, type, typeof occurredAt, typeof sessionId, seq]).toEqual([
      'string',
      'like',
      'number',
      'string',
      0,
    ])
    expect(rest).toEqual(left)
  })

  test('rounds its duration, and leaves no text endless: the collector cuts what is one too long at a character', async () => {
    const { page, tracker } = openFeed(world.page)
    tracker.track('watch', {
      content: { type: 'reel', id: '1' },
      durationMs: 12.6,
      scrollDepth: 99.5,
      source: `${'x'.repeat(127)}😀 and more`,
      referrer: `https://a.test/${'y'.repeat(3_000)}`,
    })
    await tracker.flush()
    expect(page.sent[0]).toMatchObject({ durationMs: 13, scrollDepth: 99.5, source: `${'x'.repeat(127)}😀` })
    expect(page.sent[0]!.referrer).toHaveLength(2_048)
  })

  test.each<[string, unknown, unknown]>([
    ['a type with capitals', 'Like', undefined],
    ['a type that is no text', undefined, undefined],
    ['a click without content', 'click', {}],
    ['content without an id', 'like', { content: { type: 'post' } }],
    ['content with an empty id', 'like', { content: { type: 'post', id: '' } }],
    ['content with an id that is too long', 'like', { content: { type: 'post', id: 'x'.repeat(2_049) } }],
    ['content of a wrong type', 'like', { content: { type: 'Blog Post', id: '1' } }],
  ])('with %s is dropped as invalid and leaves no gap', async (_, type, fields) => {
    const { page, tracker } = openFeed(world.page)
    tracker.track(type as string, fields as never)
    tracker.track('like')
    await tracker.flush()
    expect(tracker.stats().dropped).toEqual({ invalid: 1 })
    expect(page.sent.map(({ seq }) => seq)).toEqual([0])
  })

  test('above maxEventBytes is dropped as too_large, in bytes and not in characters', () => {
    const { page } = world
    const tracker = page.start({ maxEventBytes: 2_000 })
    tracker.track('like', { metadata: { text: 'x'.repeat(1_000) } })
    tracker.track('like', { metadata: { text: '€'.repeat(1_000) } })
    expect(tracker.stats()).toMatchObject({ queued: 1, dropped: { too_large: 1 } })
  })
})

describe('beforeSend', () => {
  test('may change an event, but not who it is', async () => {
    const { page } = world
    const tracker = page.start({
      beforeSend: (event) => ({ ...event, source: 'changed', id: 'mine', seq: 99, occurredAt: 1, sessionId: 'x' }),
    })
    tracker.track('like')
    await tracker.flush()
    expect(page.sent[0]).toMatchObject({ source: 'changed', seq: 0, occurredAt: Date.now() })
    expect(page.sent[0]!.id).not.toBe('mine')
  })

  test('drops an event with null', () => {
    const tracker = world.page.start({ beforeSend: (event) => (event.type === 'like' ? null : event) })
    tracker.track('like')
    tracker.track('share')
    expect(tracker.stats()).toMatchObject({ recorded: 2, queued: 1, dropped: { before_send: 1 } })
  })

  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['returns nothing', () => undefined as never],
    ['returns a promise', () => Promise.resolve(null) as never],
  ])('that %s loses nothing', async (_, beforeSend) => {
    const { page } = world
    const tracker = page.start({ beforeSend })
    tracker.track('like', { source: 'feed' })
    await tracker.flush()
    expect(page.sent).toMatchObject([{ type: 'like', source: 'feed' }])
  })

  test('that makes an event worthless drops it as invalid', () => {
    const tracker = world.page.start({ beforeSend: (event) => ({ ...event, type: 'Not A Type' }) })
    tracker.track('like')
    expect(tracker.stats().dropped).toEqual({ invalid: 1 })
  })
})

describe('an impression by hand', () => {
  test('is recorded once in its scope, and its repetition is nothing new', () => {
    const tracker = world.page.start()
    for (let time = 0; time < 3; time++) tracker.track('impression', { content: { type: 'post', id: '1' } })
    expect(tracker.stats()).toMatchObject({ recorded: 1, queued: 1, dropped: {} })
  })
})

describe('onDrop', () => {
  test('is told what was dropped and why', () => {
    const onDrop = vi.fn<(reason: string, events: unknown[]) => void>()
    const tracker = world.page.start({ onDrop, maxQueueEvents: 1, maxBatchEvents: 100 })
    tracker.track('like', { source: 'a' })
    tracker.track('share')
    expect(onDrop.mock.calls).toMatchObject([['queue_full', [{ type: 'like', source: 'a', seq: 0 }]]])
  })

  test('that throws or drops more itself breaks nothing', () => {
    const tracker = world.page.start({
      onDrop() {
        tracker.track('Wrong Again')
        throw new Error('no')
      },
    })
    tracker.track('Wrong')
    expect(tracker.stats()).toMatchObject({ recorded: 2, dropped: { invalid: 2 } })
  })
})
