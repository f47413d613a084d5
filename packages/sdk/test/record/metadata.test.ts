import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { cleanEvent } from '../../src/record/event'
import { cleanMetadata } from '../../src/record/metadata'
import { type Metadata, wireLimits } from '../../src/wire'

const clean = (value: unknown) => cleanMetadata(value, [])

describe('metadata', () => {
  test('of plain values arrives as it is', () => {
    const plain = { text: 'é', number: -1.5, yes: true, nothing: null, list: [1, ['a']], deep: { er: {} } }
    expect(clean(plain)).toEqual(plain)
  })

  test('is a copy: what changes later changes nothing', () => {
    const tags = ['a']
    const copy = clean({ tags })
    tags.push('b')
    expect(copy).toEqual({ tags: ['a'] })
  })

  test('says dates, BigInts and errors as text', () => {
    expect(clean({ at: new Date(0), big: 10n, error: new TypeError('no') })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      big: '10',
      error: 'TypeError: no',
    })
  })

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a number that would be rounded on its way', 2 ** 53],
    ['undefined', undefined],
    ['an invalid date', new Date(Number.NaN)],
    ['an element', document.createElement('p')],
    ['the window', window],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('goes without %s, which an array keeps as null', (_, value) => {
    expect(clean({ value, kept: 1 })).toEqual({ kept: 1 })
    expect(clean({ list: [value, 1] })).toEqual({ list: [null, 1] })
  })

  test('goes without circles and properties that throw, and says so', () => {
    const circular: Record<string, unknown> = { kept: 1 }
    circular.self = circular
    Object.defineProperty(circular, 'broken', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    const leftOut: string[] = []
    expect(cleanMetadata(circular, leftOut)).toEqual({ kept: 1 })
    expect(leftOut).toEqual(['self', 'broken'])
  })

  test('may name one object twice', () => {
    const shared = { a: 1 }
    expect(clean({ one: shared, two: shared })).toEqual({ one: shared, two: shared })
  })

  test('never carries the keys that poison prototypes', () => {
    const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}},"kept":1}') as unknown
    expect(JSON.stringify(clean(hostile))).toBe('{"kept":1}')
  })

  test('has no endless text: the collector gets one character more than it takes, and cuts between characters', () => {
    const long = `${'x'.repeat(wireLimits.maxMetadataStringLength - 1)}😀`
    expect(clean({ [`${long}${long}`]: `${long}${long}` })).toEqual({ [long]: long })
  })

  test.each([undefined, null, {}, { only: undefined }])('%j says nothing', (value) => {
    expect(clean(value)).toBeUndefined()
  })

  test.each([['text'], [[1, 2]], [7], [new Date(0)]])(
    'that is not an object (%j) is left out and named',
    (metadata) => {
      const said: string[] = []
      expect(cleanEvent({ type: 'like', metadata: metadata as object }, (sentence) => said.push(sentence))).toEqual({
        type: 'like',
      })
      expect(said).toEqual([expect.stringContaining('"like" goes without metadata')])
    },
  )

  test('is within the limits of the wire and JSON, whatever comes in', () => {
    const values = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 7, maxKeys: 40 })
    fc.assert(
      fc.property(fc.dictionary(fc.string(), values, { maxKeys: 90 }), (value) => {
        const metadata = clean(value)
        if (!metadata) return
        expect(JSON.parse(JSON.stringify(metadata))).toEqual(withoutMinusZero(metadata))
        const { depth, keys, nodes } = size(metadata)
        expect(depth).toBeLessThanOrEqual(wireLimits.maxMetadataDepth)
        expect(keys).toBeLessThanOrEqual(wireLimits.maxMetadataKeys)
        expect(nodes).toBeLessThanOrEqual(wireLimits.maxMetadataNodes)
      }),
    )
  })

  test('of a list of a million entries is cut quickly', () => {
    const metadata = clean({ list: Array.from({ length: 1_000_000 }, () => 1) }) as { list: unknown[] }
    expect(metadata.list.length).toBeLessThanOrEqual(wireLimits.maxMetadataNodes)
  })
})

function withoutMinusZero(value: Metadata): unknown {
  return JSON.parse(JSON.stringify(value))
}

function size(value: unknown): { depth: number; keys: number; nodes: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, keys: 0, nodes: 1 }
  const parts = Object.values(value).map(size)
  const sum = (name: 'keys' | 'nodes') => parts.reduce((total, part) => total + part[name], 0)
  return {
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
    keys: sum('keys') + (Array.isArray(value) ? 0 : parts.length),
    nodes: sum('nodes'),
  }
}
