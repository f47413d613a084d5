// The short way through reading takes nothing that the long way would refuse, change or cut.
import { wireLimits } from '@sightline/sdk/wire'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mintId } from '../../src/ingest/event-id'
import { readPlainEvent } from '../../src/ingest/plain-event'
import { readEvent } from '../../src/ingest/read-batch'

const MAX_EVENT_BYTES = wireLimits.maxEventBytes
const id = '0190a6e2-0000-7000-8000-00000000abcd'

const impression = {
  id: mintId(1_795_274_026_042),
  type: 'impression',
  occurredAt: 1_795_274_026_042,
  sessionId: id,
  seq: 7,
  content: { type: 'post', id: '42' },
  source: 'feed',
  viewType: 'listing',
  position: 3,
  ratio: 0.75,
  rule: 'area',
  criteria: { threshold: 0.5, minDurationMs: 1_000 },
  confirmLagMs: 12,
}
const view = {
  ...impression,
  type: 'view',
  durationMs: 5_000,
  totalMs: 6_000,
  stallMs: 0,
  scrollDepth: 80,
  endReason: 'left',
}
const watch = { ...impression, type: 'watch', durationMs: 1, mediaDurationMs: 2, completed: true, pipMs: 0 }
const page = { id, type: 'page_view', content: { type: 'page', id: '/ü/?a=b' }, referrer: 'https://news.example.org/' }

const texts = fc.constantFrom<unknown>(
  '',
  'feed',
  'a\0b',
  '\ud800',
  '💛',
  'é',
  'x'.repeat(129),
  'x'.repeat(2_049),
  'y'.repeat(3_000),
)
const numbers = fc.constantFrom<unknown>(
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  100,
  101,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  1e308,
  Infinity,
)
const others = fc.constantFrom<unknown>(null, true, [], {}, 'area', 'ended', 'left', id, id.toUpperCase(), {
  type: 'post',
  id: '',
})
const value = fc.oneof(texts, numbers, others)
const fieldNames = Object.keys({ ...view, ...watch, ...page, metadata: 1, unknown: 1, toString: 1 })

const nowAndThen = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** A good event with some of its fields, and of those inside, set to anything. */
const nearlyPlain = fc
  .tuple(
    fc.constantFrom<object>(impression, view, watch, page),
    fc.dictionary(fc.constantFrom(...fieldNames), value, { maxKeys: 2 }),
    nowAndThen(fc.record({ type: value, id: value, more: value }, { requiredKeys: ['type', 'id'] })),
    nowAndThen(
      fc.record({ threshold: value, minDurationMs: value, accumulate: value }, { requiredKeys: ['threshold'] }),
    ),
  )
  .map(([event, fields, content, criteria]) => ({
    ...event,
    ...(content && { content }),
    ...(criteria && { criteria }),
    ...fields,
  }))

test.each([
  ['an impression', impression],
  ['a view', view],
  ['a watch', watch],
  ['a page view', page],
])('takes %s of the SDK as the long way does', (_, event) => {
  const plain = readPlainEvent(structuredClone(event))
  expect(plain).toEqual(event)
  expect(readEvent(structuredClone(event), undefined)).toEqual({ event: plain, textCut: false })
})

test('what it takes, the long way takes unchanged', () => {
  let taken = 0
  fc.assert(
    fc.property(nearlyPlain, (event) => {
      const plain = readPlainEvent(structuredClone(event), MAX_EVENT_BYTES)
      if (plain === undefined) return
      taken++
      expect({ event: plain, textCut: false }).toEqual(readEvent(structuredClone(event), MAX_EVENT_BYTES))
    }),
    { numRuns: 20_000 },
  )
  // Else nothing was compared.
  expect(taken).toBeGreaterThan(1_000)
})

test.each<[what: string, event: object]>([
  ['metadata', { ...impression, metadata: {} }],
  ['a field that is not known', { ...impression, more: 1 }],
  ['an id in capitals', { ...impression, id: id.toUpperCase() }],
  ['a time as text', { ...impression, occurredAt: '2026-11-21T10:00:00Z' }],
  ['a text to be cut', { ...impression, source: 'x'.repeat(wireLimits.maxLabelLength + 1) }],
  ['NUL', { ...impression, source: 'a\0' }],
  ['a fraction to be rounded', { ...view, durationMs: 1.5 }],
  ['no type', { id }],
  ['a list', ['impression']],
])('leaves %s to the long way', (_, event) => {
  expect(readPlainEvent(event)).toBeUndefined()
})

test('leaves an event to the long way that may be too large', () => {
  const long = {
    ...page,
    referrer: `https://a.example/${'\u0001'.repeat(2_000)}`,
    content: { type: 'page', id: `/${'\u0001'.repeat(2_000)}` },
  }
  expect(readPlainEvent(long, MAX_EVENT_BYTES)).toBeUndefined()
  expect(readEvent(long, MAX_EVENT_BYTES)).toMatchObject({ code: 'event_too_large' })
})
