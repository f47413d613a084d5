// The matcher in the hands of both runners: vitest's expect and jest's.
import { expect as jestExpect } from 'expect'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestTracker, type TestTracker, toHaveTracked } from '../../src/testing'

let tracked: TestTracker
beforeEach(() => {
  tracked = createTestTracker()
  tracked.tracker.track('like', {
    content: { type: 'post', id: 42 },
    source: 'feed',
    position: 3,
    metadata: { tags: ['a', 'b'], by: { hand: true } },
  })
})
afterEach(() => tracked.tracker.close())

declare module 'expect' {
  // oxlint-disable-next-line typescript/no-empty-object-type -- two declarations of one interface must be the same
  interface Matchers<R, T> extends Pick<jest.Matchers<R, T>, 'toHaveTracked'> {}
}

expect.extend({ toHaveTracked })
jestExpect.extend({ toHaveTracked })

describe.each([
  ['vitest', expect],
  ['jest', jestExpect],
] as const)("toHaveTracked in %s's expect", (_, expectOf) => {
  // One type for both: what they share is what is promised.
  const claim = expectOf as unknown as typeof expect

  test.each([
    ['nothing else', {}],
    ['some fields', { source: 'feed', position: 3 }],
    ['a part of the content', { content: { id: '42' } }],
    ['a part of the metadata', { metadata: { by: { hand: true } } }],
    ['a whole list', { metadata: { tags: ['a', 'b'] } }],
    ['a matcher of the runner', { content: expectOf.objectContaining({ id: expectOf.stringMatching(/^\d+$/) }) }],
    ['a field that is absent', { viewType: undefined }],
  ])('holds for %s', (_words, fields) => {
    claim(tracked).toHaveTracked('like', fields)
    expect(() => claim(tracked).not.toHaveTracked('like', fields)).toThrow('expected no event "like"')
  })

  test.each([
    ['another position', { position: 4 }],
    ['another id', { content: { id: '43' } }],
    ['a field that it does not have', { durationMs: 5 }],
    ['a part of a list', { metadata: { tags: ['a'] } }],
    ['a list for an object', { metadata: [] }],
    ['a matcher that does not hold', { position: expectOf.any(String) }],
  ])('does not hold for %s', (_words, fields) => {
    claim(tracked).not.toHaveTracked('like', fields)
    expect(() => claim(tracked).toHaveTracked('like', fields)).toThrow('expected an event "like" with {')
  })

  test('does not hold for another type', () => {
    claim(tracked).not.toHaveTracked('share')
    expect(() => claim(tracked).toHaveTracked('share')).toThrow('expected an event "share"; tracked so far:')
  })

  test('says what was expected and what was tracked', () => {
    expect(() => claim(tracked).toHaveTracked('share', { position: 3 })).toThrow(
      'expected an event "share" with {"position":3}; tracked so far:\n  like {"content":{"type":"post","id":"42"},',
    )
  })

  test('says what it needs when it is given something else', () => {
    expect(() => claim(tracked.tracker).toHaveTracked('like')).toThrow(
      'toHaveTracked(): expected what createTestTracker() returns, got [object Object].',
    )
  })
})
