import { afterEach, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { sealEvent, unseal, utf8Length } from '../src/seal'
import type { WireEvent } from '../src/wire'

const hostile = Array.prototype as { toJSON?: unknown }
afterEach(() => delete hostile.toJSON)

test('a sealed event is the JSON of what it says, without what it does not', () => {
  const event: WireEvent = { type: 'like', content: { type: 'post', id: '"\\\n é 😀' }, position: 0, source: undefined }
  const sealed = sealEvent(event)
  expect(sealed.json).toBe(JSON.stringify(event))
  expect(unseal(sealed)).toEqual(JSON.parse(JSON.stringify(event)))
})

test('a page that patches toJSON changes nothing', () => {
  hostile.toJSON = () => 'patched'
  expect(sealEvent({ type: 'like', metadata: { tags: ['a', 'b'] } }).json).toBe(
    '{"type":"like","metadata":{"tags":["a","b"]}}',
  )
})

test('bytes are counted as UTF-8 has them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
    }),
  )
})
