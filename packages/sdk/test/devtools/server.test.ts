// @vitest-environment node
// On a server there is nothing to show.
import { expect, test } from 'vitest'
import { openDevtools } from '../../src/devtools'
import { createTracker } from '../../src/index'

test('on a server it only makes the tracker, which does nothing', async () => {
  const { tracker, destroy } = openDevtools(createTracker, { endpoint: 'https://collect.test' })
  tracker.observe({} as Element, { content: { type: 'post', id: '42' } })()
  tracker.track('like')
  destroy()
  expect(tracker.stats().recorded).toBe(0)
  expect(await tracker.flush()).toEqual({ delivered: 0, queued: 0, dropped: {} })
})
