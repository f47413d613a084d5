import { describe, expect, test } from 'vitest'
import { openLedger } from '../src/ledger'
import type { SealedEvent } from '../src/seal'
import { useFakePage } from './support/fake-page'
import { openFeed } from './support/feed'

const make = (json: string, bytes = 1): SealedEvent => ({ id: json, json, bytes, occurredAt: 0 })

function open(limits = { maxQueueEvents: 3, maxQueueBytes: 100 }) {
  const decided: string[] = []
  const ledger = openLedger(limits, (events, fate) => decided.push(...events.map(({ json }) => `${json} ${fate}`)))
  return {
    ...ledger,
    decided,
    queue: (...events: SealedEvent[]) => events.forEach((event) => ledger.move([event], 'queued')),
    queued: () => ledger.list('queued').map(({ json }) => json),
  }
}

describe('a full queue', () => {
  test('drops the oldest event by number', () => {
    const { queue, queued, decided } = open()
    queue(...[...'abcde'].map((name) => make(name)))
    expect([decided, queued()]).toEqual([
      ['a queue_full', 'b queue_full'],
      ['c', 'd', 'e'],
    ])
  })

  test('drops as many as the bytes need', () => {
    const { queue, queued, decided, bytes } = open({ maxQueueEvents: 10, maxQueueBytes: 100 })
    queue(make('a', 40), make('b', 40), make('c', 90))
    expect([decided, queued(), bytes.queued]).toEqual([['a queue_full', 'b queue_full'], ['c'], 90])
  })

  test('keeps places for the events that are on their way', () => {
    const { queue, queued, decided, move, stats } = open()
    const away = [make('a'), make('b')]
    queue(...away)
    move(away, 'inFlight')
    queue(...[...'cde'].map((name) => make(name)))
    move(away, 'queued')
    expect([decided, queued()]).toEqual([
      ['c queue_full', 'd queue_full'],
      ['a', 'b', 'e'],
    ])
    expect(stats).toEqual({
      recorded: 5,
      queued: 3,
      inFlight: 0,
      unconfirmed: 0,
      delivered: 0,
      dropped: { queue_full: 2 },
    })
  })

  test('drops the bytes of the oldest when a failed batch comes back', () => {
    const { queue, queued, decided, move } = open({ maxQueueEvents: 10, maxQueueBytes: 100 })
    const away = [make('a', 30), make('b', 30)]
    queue(...away)
    move(away, 'inFlight')
    queue(make('c', 50))
    move(away, 'queued')
    expect([decided, queued()]).toEqual([['a queue_full'], ['b', 'c']])
  })

  test('drops the oldest of another page first', () => {
    const { queue, queued, decided, adopt } = open()
    queue(make('c'), make('d'))
    adopt([make('a'), make('b')])
    expect([decided, queued()]).toEqual([['a queue_full'], ['b', 'c', 'd']])
  })
})

test('what comes back takes its turn again, before everything that is younger', () => {
  const { queue, queued, move, list } = open({ maxQueueEvents: 10, maxQueueBytes: 100 })
  const [a, b, c] = [make('a'), make('b'), make('c')]
  queue(a, b, c)
  move([a, b], 'inFlight')
  move([a], 'unconfirmed')
  expect([queued(), list().length]).toEqual([['c'], 3])
  move([b], 'queued')
  move([a], 'queued')
  expect(queued()).toEqual(['a', 'b', 'c'])
})

test('what is decided stays so', () => {
  const { move, stats, decided, list } = open()
  const event = make('a')
  for (const to of ['queued', 'inFlight', 'delivered', 'queued', 'rejected'] as const) move([event], to)
  expect([decided, list(), stats.recorded, stats.delivered, stats.dropped]).toEqual([['a delivered'], [], 1, 1, {}])
})

describe('a tracker with a full queue', () => {
  const world = useFakePage()

  test('gives the key of a lost impression back, so that the content can be seen again', async () => {
    const { page, tracker, seen, observe } = openFeed(world.page, { maxQueueEvents: 1 })
    page.blackHole()
    const card = page.add()
    observe(card)
    for (let time = 0; time < 2; time++) {
      page.show(card)
      await page.advance(1_100)
      tracker.track('like')
      page.leave(card)
      await page.advance(10)
    }
    expect(seen).toEqual(['post:42', 'post:42'])
  })

  test('leaves a gap in the numbers where events were lost', async () => {
    const { page } = world
    const tracker = page.start({ maxQueueEvents: 2, maxBatchEvents: 100 })
    for (let index = 0; index < 5; index++) tracker.track('like')
    await tracker.flush()
    expect(page.sent.map(({ seq }) => seq)).toEqual([3, 4])
    expect(page.requests[0]!.batch.drops).toEqual({ queue_full: 3 })
  })
})
