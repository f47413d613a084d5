import { expectTypeOf, test } from 'vitest'
import { openDevtools } from '../../src/devtools'
import { createTracker, type Tracker } from '../../src/index'

interface MyEvents {
  sign_up: { plan: 'free' | 'paid' }
}

const endpoint = 'https://collect.test'

test('the tracker of the overlay is the one that createTracker makes', () => {
  expectTypeOf(openDevtools(createTracker, { endpoint }).tracker).toEqualTypeOf<Tracker>()
  const { tracker } = openDevtools(createTracker<MyEvents>, { endpoint })
  expectTypeOf(tracker).toEqualTypeOf<Tracker<MyEvents>>()
  tracker.track('sign_up', { metadata: { plan: 'free' } })
  // @ts-expect-error a plan that does not exist
  tracker.track('sign_up', { metadata: { plan: 'gold' } })
  // @ts-expect-error the endpoint is missing
  openDevtools(createTracker, {})
  // @ts-expect-error createTracker comes first
  openDevtools({ endpoint })
  createTracker({ endpoint, debug: (sentence, ...details) => console.log(sentence.length, details[0]) })
  // @ts-expect-error neither yes or no nor a function
  createTracker({ endpoint, debug: 'loud' })
})
