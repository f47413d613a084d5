// `debug` as a function: it hears what the console would hear, with what the sentence is about, and cannot break the page.
import { expect, test, vi } from 'vitest'
import { createTracker } from '../../src/index'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()

const listen = () => vi.fn<(sentence: string, ...details: object[]) => void>()
const complain = () => {
  throw new Error('from the page')
}
const endpoint = 'https://collect.test'

test('hears which element a sentence is about', async () => {
  const debug = listen()
  const console = vi.spyOn(globalThis.console, 'debug')
  const { page, observe } = openFeed(world.page, { debug })
  const card = page.add()
  observe(card)
  page.show(card)
  await page.advance(1_010)
  expect(debug).toHaveBeenCalledWith(
    'Sightline: post:42 counted',
    expect.objectContaining({ element: card, reason: 'area' }),
  )
  expect(console).not.toHaveBeenCalled()
  console.mockRestore()
})

test('hears which events the collector has, and which are dropped', async () => {
  const debug = listen()
  const tracker = world.page.start({ debug, beforeSend: (event) => (event.type === 'like' ? null : event) })
  tracker.track('like')
  tracker.track('share')
  await tracker.flush()
  const ids = world.page.sent.map(({ id }) => ({ id }))
  expect(ids.length).toBeGreaterThan(0)
  const heard = debug.mock.calls.map(([sentence, events]) => [sentence, events])
  expect(heard).toContainEqual(['Sightline: 1 event(s) are dropped as before_send.', [expect.anything()]])
  expect(heard).toContainEqual([
    `Sightline: ${ids.length} event(s) are delivered.`,
    ids.map((id) => expect.objectContaining(id)),
  ])
})

test('throws into nothing of the page', () => {
  const tracker = world.page.start({ debug: complain })
  expect(() => tracker.track('not a type')).not.toThrow()
  expect(tracker.stats().dropped).toEqual({ invalid: 1 })
})

test.each([
  ['"loud" (string)', 'loud'],
  ['1 (number)', 1],
  ['null (object)', null],
])('is refused as %s', (came, debug) => {
  expect(() => createTracker({ endpoint, debug: debug as unknown as boolean })).toThrow(
    `createTracker(): expected debug to be true or false or a function, got ${came}.`,
  )
})
