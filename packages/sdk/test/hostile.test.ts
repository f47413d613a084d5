// Pages that patch what we stand on, and browsers that lack it: nothing is thrown into the page, nothing is lost.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { trackSome } from './support/batches'
import { START, useFakePage } from './support/fake-page'

const world = useFakePage()

const broken = (): never => {
  throw new Error('broken by the page')
}

const uncaught: unknown[] = []
const remember = (event: unknown) => void uncaught.push(event)
process.on('unhandledRejection', remember)
afterEach(() => {
  if (uncaught.length) throw new Error(`Thrown into the page: ${uncaught.splice(0).map(String).join()}`)
})

describe('a page that patches', () => {
  test.each<[string, unknown]>([
    ['throws', broken],
    ['returns nothing', () => undefined],
    ['returns what is no response', () => Promise.resolve({})],
    ['is not there any more', undefined],
  ])('fetch, before the tracker is made, so that it %s, loses nothing', async (_, fetch) => {
    const { page } = world
    page.with(globalThis, 'fetch', fetch)
    const tracker = page.start()
    trackSome(tracker, 25)
    expect(await tracker.flush()).toEqual({ delivered: 0, queued: 25, dropped: {} })
    page.exit()
    await page.settle()
    expect(tracker.stats()).toMatchObject({ recorded: 25, delivered: 0, dropped: {} })
  })

  test('JSON changes nothing', async () => {
    const { page } = world
    const tracker = page.start()
    page.with(JSON, 'stringify', broken)
    tracker.track('like', { metadata: { a: 'é"' } })
    await tracker.flush()
    expect(page.sent).toMatchObject([{ type: 'like', metadata: { a: 'é"' } }])
  })

  test.each([Object.prototype, Array.prototype, String.prototype, Number.prototype])(
    'toJSON of a prototype changes nothing',
    async (prototype) => {
      const { page } = world
      page.with(prototype, 'toJSON', () => 'patched')
      const tracker = page.start()
      tracker.track('like', { content: { type: 'post', id: '1' }, position: 3, metadata: { tags: ['a'] } })
      await tracker.flush()
      Reflect.deleteProperty(prototype, 'toJSON')
      expect(page.sent).toMatchObject([
        { type: 'like', content: { type: 'post', id: '1' }, position: 3, metadata: { tags: ['a'] } },
      ])
    },
  )

  test('Date, after the tracker was made, moves no event in time', async () => {
    const { page } = world
    const tracker = page.start()
    page.with(Date, 'now', () => 0)
    tracker.track('like')
    page.with(globalThis, 'Date', undefined)
    tracker.track('share')
    await tracker.flush()
    expect(page.sent.map(({ occurredAt }) => occurredAt)).toEqual([START, START])
  })

  test('Array.prototype with something of its own changes nothing', async () => {
    const { page } = world
    // oxlint-disable-next-line no-extend-native -- that is what such pages do
    Object.defineProperty(Array.prototype, 'last', { configurable: true, enumerable: true, value: 1 })
    const tracker = page.start()
    tracker.track('like', { metadata: { list: [1, 2] } })
    expect(await tracker.flush()).toMatchObject({ delivered: 1 })
    Reflect.deleteProperty(Array.prototype, 'last')
    expect(page.sent).toMatchObject([{ metadata: { list: [1, 2] } }])
  })

  test.each(['map', 'filter', 'splice', 'includes', 'findIndex', 'join', 'slice'] as const)(
    'Array.prototype.%s so that it throws gets no exception of ours, and the page goes on',
    async (name) => {
      const { page } = world
      const tracker = page.start()
      trackSome(tracker, 2)
      const before = Array.prototype[name]
      const patch = (value: unknown) => {
        // oxlint-disable-next-line no-extend-native -- that is what such pages do
        Object.defineProperty(Array.prototype, name, { configurable: true, writable: true, value })
      }
      patch(broken)
      try {
        trackSome(tracker, 2)
        tracker.setConsent('pending')
        tracker.setConsent('granted')
        await tracker.flush()
      } finally {
        patch(before)
      }
      trackSome(tracker, 2)
      await page.advance(60_000)
      expect(tracker.stats().delivered).toBeGreaterThan(0)
    },
  )
})

describe('metadata', () => {
  test.each<[string, () => object]>([
    [
      'that is a circle',
      () => {
        const circle: Record<string, unknown> = { a: 1 }
        circle.self = circle
        return circle
      },
    ],
    ['with a BigInt', () => ({ a: 1, big: 10n })],
    ['with an element', () => ({ a: 1, element: document.createElement('p') })],
    [
      'that throws',
      () => ({
        a: 1,
        get b() {
          return broken()
        },
      }),
    ],
    ['that throws in toJSON', () => ({ a: 1, toJSON: broken })],
  ])('%s is bounded, and the event is delivered', async (_, make) => {
    const { page } = world
    const tracker = page.start()
    tracker.track('like', { metadata: make() })
    expect(await tracker.flush()).toMatchObject({ delivered: 1 })
    expect(page.sent[0]!.metadata).toMatchObject({ a: 1 })
  })

  test('of a type whose text throws gets no exception of ours', () => {
    const tracker = world.page.start({ debug: true })
    vi.spyOn(console, 'debug').mockImplementation(() => {})
    tracker.track({ toString: broken } as unknown as string)
    tracker.track(Symbol('like') as unknown as string)
    const { recorded, dropped } = tracker.stats()
    expect(recorded).toBe(dropped.invalid ?? 0)
    vi.mocked(console.debug).mockRestore()
  })
})

describe('a browser', () => {
  test.each<[string, unknown]>([
    ['without crypto', undefined],
    ['whose crypto throws', { getRandomValues: broken }],
    ['without randomUUID, as on plain http', { getRandomValues: <T extends Uint8Array>(bytes: T) => bytes.fill(7) }],
  ])('%s still makes ids', async (_, crypto) => {
    const { page } = world
    page.with(globalThis, 'crypto', crypto)
    const tracker = page.start()
    trackSome(tracker, 2)
    await tracker.flush()
    expect(new Set(page.sent.map(({ id }) => id)).size).toBe(2)
  })

  test('without any way to the network keeps everything, and says nothing', async () => {
    const { page } = world
    const said = (['debug', 'log', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name))
    page.with(globalThis, 'fetch', undefined)
    page.with(navigator, 'sendBeacon', undefined)
    const tracker = page.start()
    trackSome(tracker, 25)
    await page.advance(3_600_000)
    page.exit()
    page.comeBack()
    await page.settle()
    expect(tracker.stats()).toMatchObject({ recorded: 25, queued: 25, unconfirmed: 0, dropped: {} })
    expect(said.flatMap(({ mock }) => mock.calls)).toEqual([])
    for (const spy of said) spy.mockRestore()
  })
})
