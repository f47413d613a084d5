import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createFit, writeBatch } from '../../src/deliver/batch'
import { sealEvent, utf8Length } from '../../src/seal'
import manifest from '../../package.json'
import type { Batch } from '../../src/wire'

test('a batch is the JSON of the wire, with the events as they were sealed', () => {
  const events = [sealEvent({ type: 'like' }), sealEvent({ type: 'share', source: 'feed' })]
  const batch: Batch = {
    v: 1,
    sdk: `web/${manifest.version}`,
    sentAt: 5,
    token: '"t"',
    drops: { expired: 2 },
    events: [{ type: 'like' }, { type: 'share', source: 'feed' }],
  }
  const text = writeBatch(events, { sentAt: 5, anonymousId: undefined, token: '"t"', drops: { expired: 2 } })
  expect(JSON.parse(text)).toEqual(batch)
  expect(JSON.parse(writeBatch([], {}))).toEqual({ v: 1, sdk: batch.sdk, events: [] })
})

test('a batch has at most maxBatchBytes and maxBatchEvents, unless one event alone is larger', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1_024, max: 8_192 }),
      fc.integer({ min: 1, max: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 900 }),
      (all, maxBatchBytes, maxBatchEvents, token) => {
        const events = all.map((source) => sealEvent({ type: 'like', source }))
        const fits = createFit(maxBatchEvents, maxBatchBytes, utf8Length(writeBatch([], { token })))
        const count = events.findIndex((event) => !fits(event))
        const taken = count < 0 ? events : events.slice(0, count)
        expect(taken.length).toBeGreaterThan(0)
        expect(taken.length).toBeLessThanOrEqual(maxBatchEvents)
        const size = utf8Length(writeBatch(taken, { token }))
        expect(taken.length === 1 || size <= maxBatchBytes).toBe(true)
      },
    ),
  )
})
