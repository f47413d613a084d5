// The example of docs/testing.md, word for word.
import { createTestTracker, fakeViewport, toHaveTracked } from '@sightline/sdk/testing'
import { expect, test, vi } from 'vitest'

expect.extend({ toHaveTracked })

test('a card that was on screen for a second was seen', async () => {
  vi.useFakeTimers()
  const viewport = fakeViewport()
  const tracked = createTestTracker()
  const card = document.body.appendChild(document.createElement('article'))
  tracked.tracker.observe(card, { content: { type: 'post', id: 42 }, source: 'feed', position: 3 })

  viewport.show(card)
  await viewport.advance(1_100)
  expect(tracked).toHaveTracked('impression', { content: { id: '42' }, position: 3 })
})
