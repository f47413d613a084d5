import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createFit, ENVELOPE_BYTES, SDK_NAME, writeBatch } from '../../src/deliver/batch'
import { sealEvent, utf8Length } from '../../src/seal'
import manifest from '../../package.json'
import type { Batch, DropCounts, DropReason } from '../../src/wire'

const reasons: { [Reason in DropReason]: true } = {
  consent: true,
  sampled: true,
  before_send: true,
  duplicate: true,
  invalid: true,
  too_large: true,
  queue_full: true,
  expired: true,
  rejected: true,
  storage: true,
}
const everyDrop = Object.fromEntries(Object.keys(reasons).map((reason) => [reason, 1e12])) as DropCounts

test('a batch is the JSON of the wire, with the events as they were sealed', () => {
  const events = [sealEvent({ type: 'like' }), sealEvent({ type: 'share', source: 'feed' })]
  const batch: Batch = {
    v: 1,
    sentAt: 5,
    sdk: SDK_NAME,
    drops: { expired: 2 },
    events: [{ type: 'like' }, { type: 'share', source: 'feed' }],
  }
  expect(JSON.parse(writeBatch(events, { expired: 2 }, 5))).toEqual(batch)
})

test('the sender has the version of the package', () => {
  expect(SDK_NAME).toBe(`web/${manifest.version}`)
})

test('no envelope is larger than what is reserved for it', () => {
  expect(utf8Length(writeBatch([], everyDrop, Number.MAX_SAFE_INTEGER))).toBeLessThanOrEqual(ENVELOPE_BYTES)
})

test('a batch has at most maxBatchBytes and maxBatchEvents, unless one event alone is larger', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1_024, max: 8_192 }),
      fc.integer({ min: 1, max: 40 }),
      (all, maxBatchBytes, maxBatchEvents) => {
        const events = all.map((source) => sealEvent({ type: 'like', source }))
        const fits = createFit(maxBatchEvents, maxBatchBytes)
        const count = events.findIndex((event) => !fits(event))
        const taken = count < 0 ? events : events.slice(0, count)
        expect(taken.length).toBeGreaterThan(0)
        expect(taken.length).toBeLessThanOrEqual(maxBatchEvents)
        const size = utf8Length(writeBatch(taken, everyDrop, 1e15))
        expect(taken.length === 1 || size <= maxBatchBytes).toBe(true)
      },
    ),
  )
})
