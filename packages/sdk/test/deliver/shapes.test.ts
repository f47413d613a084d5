// Other bodies, other ways: `encode` and `transport`.
import { describe, expect, test, vi } from 'vitest'
import type { Batch, TransportAnswer, TransportRequest } from '../../src/index'
import { trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

/** A site's own endpoint, which takes `{ post_ids }` and answers in its own words. */
function toPostIds({ events }: Batch): string | null {
  const ids = events.filter(({ type }) => type === 'impression').map(({ content }) => content!.id)
  return ids.length ? JSON.stringify({ post_ids: ids }) : null
}

describe('encode', () => {
  test('feeds an endpoint that takes { post_ids }', async () => {
    const { page } = world
    page.collector((request) => request.answer(201, { body: { saved: 2, errors: 'none' } }))
    const tracker = page.start({ endpoint: 'https://site.test/api/impressions', encode: toPostIds })
    for (const id of ['1', '2']) tracker.track('impression', { content: { type: 'post', id } })
    trackSome(tracker, 1)
    expect(await tracker.flush()).toEqual({ delivered: 3, queued: 0, dropped: {} })
    const [{ url, init, body }] = page.requests as [(typeof page.requests)[0]]
    expect([url, body, init.credentials]).toEqual([
      'https://site.test/api/impressions',
      '{"post_ids":["1","2"]}',
      'same-origin',
    ])
  })

  test('is given the whole batch', async () => {
    const encode = vi.fn<(batch: Batch) => string>(() => '{}')
    const { page } = world
    const tracker = page.start({ encode, token: () => 't' })
    await page.settle()
    tracker.track('Wrong')
    tracker.track('like', { source: 'feed' })
    await tracker.flush()
    expect(encode.mock.calls).toMatchObject([
      [{ v: 1, sentAt: Date.now(), token: 't', drops: { invalid: 1 }, events: [{ type: 'like', source: 'feed' }] }],
    ])
  })

  test('may send a Blob, whose type is the content type', async () => {
    const { page } = world
    const blob = new Blob(['{}'], { type: 'application/json' })
    const tracker = page.start({ encode: () => blob })
    page.with(JSON, 'parse', () => ({ events: [] }))
    trackSome(tracker, 1)
    await tracker.flush()
    expect(page.requests[0]!.init.body).toBe(blob)
  })

  test('that says null sends nothing, and what it saw is done', async () => {
    const { page } = world
    const tracker = page.start({ encode: toPostIds })
    trackSome(tracker, 3)
    expect(await tracker.flush()).toEqual({ delivered: 3, queued: 0, dropped: {} })
    expect([page.requests, Object.keys(localStorage).filter((name) => name.includes('event:'))]).toEqual([[], []])
  })

  test('that throws drops these events as invalid, and not the ones behind them', async () => {
    const { page } = world
    const tracker = page.start({
      maxBatchEvents: 2,
      encode(batch) {
        if (batch.events[0]!.seq === 0) throw new Error('no')
        return JSON.stringify(batch)
      },
    })
    trackSome(tracker, 4)
    await tracker.flush()
    expect(tracker.stats()).toMatchObject({ delivered: 2, queued: 0, dropped: { invalid: 2 } })
  })

  test('is used at exit too', () => {
    const { page } = world
    const tracker = page.start({ endpoint: '/impressions', encode: toPostIds })
    tracker.track('impression', { content: { type: 'post', id: '1' } })
    page.hide()
    expect(page.requests.map(({ url, body }) => [url, body])).toEqual([['/impressions', '{"post_ids":["1"]}']])
    return page.settle()
  })
})

function open(answer: () => Promise<TransportAnswer>, sendAtExit?: (request: TransportRequest) => boolean) {
  const sent: TransportRequest[] = []
  const send = (request: TransportRequest) => {
    sent.push(request)
    return answer()
  }
  return { sent, transport: sendAtExit ? { send, sendAtExit } : { send } }
}

const events = ({ body }: TransportRequest) => (JSON.parse(String(body)) as Batch).events.length

describe('a transport of the site', () => {
  test('carries every request, and nothing else does', async () => {
    const { sent, transport } = open(() => Promise.resolve({ status: 200 }))
    const tracker = world.page.start({ transport })
    trackSome(tracker, 3)
    expect(await tracker.flush()).toMatchObject({ delivered: 3 })
    expect(sent).toEqual([{ url: 'https://collect.test/v1/events', body: expect.any(String), isExit: false }])
    expect(world.page.requests).toEqual([])
  })

  test('may ask for a pause and refuse single events', async () => {
    const answers: TransportAnswer[] = [
      { status: 503, retryAfter: '60' },
      { status: 200, body: '{"errors":[{"index":0}]}' },
    ]
    const { sent, transport } = open(() => Promise.resolve(answers.shift()!))
    const tracker = world.page.start({ transport })
    trackSome(tracker, 20)
    await world.page.advance(59_000)
    expect(sent).toHaveLength(1)
    await world.page.advance(8_000)
    expect(tracker.stats()).toMatchObject({ delivered: 19, dropped: { rejected: 1 } })
  })

  test.each<[string, () => Promise<TransportAnswer>]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['answers nonsense', () => Promise.resolve(undefined as never)],
    ['returns no promise', () => undefined as never],
  ])('that %s keeps its events', async (_, answer) => {
    const tracker = world.page.start({ transport: open(answer).transport })
    trackSome(tracker, 3)
    expect(await tracker.flush()).toEqual({ delivered: 0, queued: 3, dropped: {} })
  })

  test('that never answers is given up after 30 seconds', async () => {
    const { sent, transport } = open(() => new Promise(() => {}))
    const tracker = world.page.start({ transport })
    trackSome(tracker, 20)
    await world.page.advance(32_000)
    expect(sent).toHaveLength(2)
    expect(tracker.stats()).toMatchObject({ recorded: 20, inFlight: 20 })
  })

  test('is told at exit, and what it takes is unconfirmed', () => {
    const taken: TransportRequest[] = []
    const { sent, transport } = open(
      () => Promise.resolve({ status: 200 }),
      (request) => taken.push(request) < 2,
    )
    const tracker = world.page.start({ transport, maxBatchEvents: 2, flushIntervalMs: 1e6 })
    trackSome(tracker, 1)
    world.page.hide()
    trackSome(tracker, 1)
    world.page.freeze()
    expect([taken.map(events), taken.map(({ isExit }) => isExit), sent]).toEqual([[1, 1], [true, true], []])
    expect(tracker.stats()).toMatchObject({ unconfirmed: 1, queued: 1 })
  })

  test('without a word for the exit is asked as always', async () => {
    const { sent, transport } = open(() => Promise.resolve({ status: 200 }))
    const tracker = world.page.start({ transport })
    trackSome(tracker, 1)
    world.page.hide()
    expect(sent.map(({ isExit }) => isExit)).toEqual([true])
    await world.page.settle()
    expect(tracker.stats()).toMatchObject({ delivered: 1 })
  })
})
