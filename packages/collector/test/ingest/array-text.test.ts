// What strangers wrote passes the border to SQL unchanged, whatever it quotes, escapes or pretends to be.
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { arrayText, instantText, type Cell } from '../../src/ingest/array-text'
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
]

onBothDatabases('arrays of texts', (database) => {
  async function roundTrip(texts: Cell[]): Promise<(string | null)[]> {
    const { rows } = await sql<{ item: string | null }>`
      select item from unnest(${arrayText([...texts.keys()], (place) => place, false)}::integer[],
        ${arrayText(texts, (text) => text, true)}::text[]) as t (place, item) order by place`.execute(database().kysely)
    return rows.map(({ item }) => item)
  }

  test('come back as they went in, those that look like syntax too', async () => {
    expect(await roundTrip([...hostile, null, undefined])).toEqual([...hostile, null, null])
  })

  test('come back as they went in, whatever they hold', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }).map(storableText), fc.constantFrom(...hostile))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { maxLength: 50 }), async (texts) => {
        expect(await roundTrip(texts)).toEqual(texts)
      }),
      { numRuns: 100 },
    )
  })

  test('of nothing but NULL beside a column with values are NULL in every row', async () => {
    expect(arrayText([undefined, null], (nothing) => nothing, true)).toBe('{}')
    expect(await roundTrip([undefined, null, undefined])).toEqual([null, null, null])
  })

  test('may be empty, and numbers need no quotes', async () => {
    expect(await roundTrip([])).toEqual([])
    expect(arrayText([1, null, -2.5], (number) => number, false)).toBe('{1,NULL,-2.5}')
  })
})

test('instants are written as ISO 8601 writes them, to the millisecond', () => {
  const instants = fc.sample(
    fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('9999-12-31') }),
    1_000,
  )
  expect(instants.map((instant) => instantText(instant.getTime()))).toEqual(
    instants.map((instant) => instant.toISOString()),
  )
})
