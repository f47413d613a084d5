// What strangers wrote passes the border to SQL unchanged, whatever it quotes, escapes or pretends to be; so do numbers.
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import {
  arrayBytes,
  Bigints,
  Booleans,
  Dates,
  Instants,
  Integers,
  Jsonbs,
  Smallints,
  Texts,
  Unwritable,
  Uuids,
  WholeNumbers,
  type ItemsOf,
} from '../../src/ingest/array-bytes'
import { storableText } from '../../src/storable-text'
import { onBothDatabases } from '../support/databases'

const hostile = [
  '',
  'NULL',
  'null',
  '{',
  '}',
  '{}',
  ',',
  '"',
  '\\',
  '\\"',
  "'",
  "''; drop table events; --",
  ' a ',
  '\n',
  '\t',
  '$1',
  'é',
  '💛'.repeat(100),
]
const text = fc.oneof(fc.string({ unit: 'binary' }).map(storableText), fc.constantFrom(...hostile))
const MAX_INT8 = 2n ** 63n - 1n

onBothDatabases('arrays as bytes', (database) => {
  /** The items as PostgreSQL reads them, written as text. */
  async function read<Item>(type: ItemsOf<Item>, items: (Item | null | undefined)[]): Promise<(string | null)[]> {
    const { rows } = await sql<{ item: string | null }>`
      select item::text as item from unnest(${arrayBytes([...items.keys()], Integers, (place) => place)}::integer[],
        ${arrayBytes(items, type, (item) => item)}::${sql.raw(new type(0).sql)}[]) as t (place, item)
      order by place`.execute(database().kysely)
    return rows.map(({ item }) => item)
  }

  const passes = <Item>(type: ItemsOf<Item>, item: fc.Arbitrary<Item>, asText: (item: Item) => string) =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.option(item), { minLength: 1, maxLength: 50 }), async (items) => {
        expect(await read(type, items)).toEqual(items.map((one) => (one === null ? null : asText(one))))
      }),
      { numRuns: 50 },
    )

  test('hold texts as they were, those that look like syntax too', async () => {
    expect(await read(Texts, [...hostile, null, undefined])).toEqual([...hostile, null, null])
    await passes(Texts, text, (item) => item)
  })

  test('hold JSON as it was', async () => {
    const values = [{ a: 'é"\\' }, ['{', '}'], 'x'.repeat(30)].map((value) => JSON.stringify(value))
    expect((await read(Jsonbs, [...values, null])).map((item) => item && JSON.parse(item))).toEqual([
      ...values.map((value) => JSON.parse(value)),
      null,
    ])
  })

  test('hold every number that its type holds', async () => {
    await passes(Bigints, fc.bigInt({ min: -MAX_INT8 - 1n, max: MAX_INT8 }).map(String), String)
    await passes(WholeNumbers, fc.maxSafeInteger(), String)
    await passes(Integers, fc.integer(), String)
    await passes(Smallints, fc.integer({ min: -32_768, max: 32_767 }), String)
    expect(await read(Booleans, [true, false, null])).toEqual(['true', 'false', null])
  })

  test('hold ids, days and instants, also those before 2000', async () => {
    await passes(Uuids, fc.uuid(), String)
    expect(await read(Uuids, ['0190A6E2-0000-7000-8000-00000000ABCD'])).toEqual([
      '0190a6e2-0000-7000-8000-00000000abcd',
    ])
    expect(await read(Dates, ['1970-01-01', null, '2026-11-21', '2026-11-21'])).toEqual([
      '1970-01-01',
      null,
      '2026-11-21',
      '2026-11-21',
    ])
    const { rows } = await sql<{ ms: string }>`select (extract(epoch from at) * 1000)::bigint as ms
      from unnest(${arrayBytes([0, 1, 946_684_799_999, 1_795_274_026_042], Instants, (ms) => ms)}::timestamptz[]) as at`.execute(
      database().kysely,
    )
    expect(rows.map(({ ms }) => ms)).toEqual(['0', '1', '946684799999', '1795274026042'])
  })

  test('of nothing but NULL beside a column with values are NULL in every row', async () => {
    expect(await read(Texts, [undefined, null, undefined])).toEqual([null, null, null])
    expect(await read(Texts, [])).toEqual([])
  })
})

test.each<[what: string, write: () => Buffer, code: string]>([
  ['a bigint of 65 bits', () => arrayBytes([String(MAX_INT8 + 1n)], Bigints, (item) => item), '22003'],
  ['a bigint that is no number', () => arrayBytes(['1x'], Bigints, (item) => item), '22P02'],
  ['a number that a double cannot hold', () => arrayBytes([2 ** 53], WholeNumbers, (item) => item), '22003'],
  ['a fraction', () => arrayBytes([1.5], Integers, (item) => item), '22003'],
  ['an integer of 33 bits', () => arrayBytes([2 ** 31], Integers, (item) => item), '22003'],
  ['a smallint of 17 bits', () => arrayBytes([2 ** 15], Smallints, (item) => item), '22003'],
  ['no time', () => arrayBytes([Number.NaN], Instants, (item) => item), '22007'],
  ['no day', () => arrayBytes(['today'], Dates, (item) => item), '22007'],
  ['an id without hyphens', () => arrayBytes(['0'.repeat(32)], Uuids, (item) => item), '22P02'],
  [
    'an id with letters that look like digits',
    () => arrayBytes([`\u0130${'0'.repeat(35)}`], Uuids, (item) => item),
    '22P02',
  ],
])('refuses %s with the code of the database', (_, write, code) => {
  expect(write).toThrow(Unwritable)
  expect(write).toThrow(expect.objectContaining({ code }))
})
