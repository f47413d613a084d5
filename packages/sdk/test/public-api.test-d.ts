import { assertType, describe, expectTypeOf, test } from 'vitest'
import { createTracker, type EventMap, type FlushResult, type Tracker, type TrackerOptions } from '../src/index'

interface MyEvents {
  sign_up: { plan: 'free' | 'paid' }
  search: { query?: string }
}

const endpoint = 'https://collect.test'
const open = createTracker({ endpoint })
const mine = createTracker<MyEvents>({ endpoint })
const post = { content: { type: 'post', id: 42 } }

describe('createTracker', () => {
  test('needs an endpoint and knows its options', () => {
    expectTypeOf(createTracker).parameter(0).toEqualTypeOf<TrackerOptions>()
    // @ts-expect-error the endpoint is missing
    createTracker({})
    // @ts-expect-error there is no such option
    createTracker({ endpoint, flushInterval: 5 })
    // @ts-expect-error beforeSend is synchronous
    createTracker({ endpoint, beforeSend: async (event) => event })
  })
})

describe('track', () => {
  test('takes any name without an event map', () => {
    expectTypeOf(open.track('like')).toEqualTypeOf<void>()
    open.track('anything', { ...post, metadata: { any: 'thing' } })
    // @ts-expect-error a field that does not exist
    open.track('like', { colour: 'red' })
    // @ts-expect-error a position is a number
    open.track('like', { position: '3' })
  })

  test('takes built-in names and the names of the map with one, as an interface or a type', () => {
    expectTypeOf(mine.track('like', post)).toEqualTypeOf<void>()
    mine.track('sign_up', { metadata: { plan: 'free' } })
    mine.track('search')
    mine.track('search', { metadata: { query: 'x' } })
    createTracker<{ done: { ok: boolean } }>({ endpoint }).track('done', { metadata: { ok: true } })
    // @ts-expect-error a name that nobody declared
    mine.track('sign_in')
    // @ts-expect-error the metadata is missing
    mine.track('sign_up')
    // @ts-expect-error the metadata is missing
    mine.track('sign_up', post)
    // @ts-expect-error a plan that does not exist
    mine.track('sign_up', { metadata: { plan: 'gold' } })
    // @ts-expect-error metadata of another type
    mine.track('search', { metadata: { query: 1 } })
  })
})

describe('the other calls', () => {
  test('say what they need', () => {
    open.click(post)
    // @ts-expect-error a click is on something
    open.click({ source: 'feed' })
    open.page({ source: 'campaign' })
    expectTypeOf(open.observeMedia(document.createElement('video'), post)).toEqualTypeOf<() => void>()
    open.observeMedia(new Audio(), () => post, { threshold: 0.3, element: document.body })
    // @ts-expect-error an element that is no player
    open.observeMedia(document.body, post)
    createTracker({ endpoint, autoPage: 'path+search' })
    // @ts-expect-error the fragment never makes a page
    createTracker({ endpoint, autoPage: 'path+hash' })
    // @ts-expect-error the content of a page view is the page
    open.page(post)
    expectTypeOf(open.observe(document.body, post)).toEqualTypeOf<() => void>()
    open.observe(document.body, () => post, { threshold: 1, minDurationMs: 0, dedupe: { windowMs: 1 } })
    // @ts-expect-error content is required
    open.observe(document.body, { source: 'feed' })
    // @ts-expect-error a scope that does not exist
    open.observe(document.body, post, { dedupe: 'visitor' })
    open.setConsent('pending')
    // @ts-expect-error not a decision
    open.setConsent('yes')
    expectTypeOf(open.flush()).resolves.toEqualTypeOf<FlushResult>()
  })

  test('a tracker with an event map is a tracker', () => {
    assertType<Tracker>(mine)
    assertType<Tracker<EventMap>>(createTracker<{ done: { ok: boolean } }>({ endpoint }))
  })
})
