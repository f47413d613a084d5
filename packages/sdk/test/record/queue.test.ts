import { describe, expect, test } from 'vitest'
import { createQueue } from '../../src/record/queue'
import type { SealedEvent } from '../../src/seal'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const event = (json: string, bytes = 1): SealedEvent => ({ id: json, json, bytes, occurredAt: 0 })

function open(limits = { maxQueueEvents: 3, maxQueueBytes: 100 }, countAway = () => 0) {
  const dropped: string[] = []
  const queue = createQueue(limits, countAway, (events) => dropped.push(...events.map(({ json }) => json)))
  const all = () => {
    const events = queue.take(() => true)
    queue.putBack(events)
    return events.map(({ json }) => json)
  }
  return { queue, dropped, all }
}

describe('a full queue', () => {
  test('drops the oldest event by number', () => {
    const { queue, dropped, all } = open()
    for (const name of 'abcde') queue.push(event(name))
    expect([dropped, all()]).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ])
  })

  test('drops as many as the bytes need', () => {
    const { queue, dropped, all } = open({ maxQueueEvents: 10, maxQueueBytes: 100 })
    queue.push(event('a', 40))
    queue.push(event('b', 40))
    queue.push(event('c', 90))
    expect([dropped, all(), queue.bytes]).toEqual([['a', 'b'], ['c'], 90])
  })

  test('keeps places for the events that are on their way', () => {
    let away = 2
    const { queue, dropped, all } = open(undefined, () => away)
    for (const name of 'cde') queue.push(event(name))
    away = 0
    queue.putBack([event('a'), event('b')])
    expect([dropped, all()]).toEqual([
      ['c', 'd'],
      ['a', 'b', 'e'],
    ])
  })

  test('drops the oldest when a failed batch comes back', () => {
    const { queue, dropped, all } = open()
    queue.push(event('a'))
    queue.push(event('b'))
    const taken = queue.take(() => true)
    for (const name of 'cd') queue.push(event(name))
    queue.putBack(taken)
    expect([dropped, all()]).toEqual([['a'], ['b', 'c', 'd']])
  })
})

test('events are taken from the front for as long as they fit', () => {
  const { queue } = open()
  for (const name of 'abc') queue.push(event(name, 10))
  expect(queue.take(({ json }) => json !== 'c').map(({ json }) => json)).toEqual(['a', 'b'])
  expect([queue.length, queue.bytes]).toEqual([1, 10])
  expect(queue.take(() => true).map(({ json }) => json)).toEqual(['c'])
  expect([queue.length, queue.bytes]).toEqual([0, 0])
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
