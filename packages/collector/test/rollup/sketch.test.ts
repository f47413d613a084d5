// Unique viewers of long ranges are estimated: as closely as the answer says, whatever the days were.
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { first63Bits } from '../../src/content-key'
import { countedFlags, tallySums } from '../../src/day-tally'
import { eventFlags } from '../../src/ingest/flags'
import { createSketch, REST_BITS, SKETCH_ERROR } from '../../src/sketch'
import { onBothDatabases } from '../support/databases'

/** Key of a viewer, hashed as the collector does it. */
const keyOf = (name: string) => BigInt(first63Bits(createHash('sha256').update(name).digest()))

/** As the paper says it: the first bits choose the register, whose value is the leading zeros of the rest plus one. */
function add(sketch: ReturnType<typeof createSketch>, key: bigint): void {
  const rest = (key & (2n ** BigInt(REST_BITS) - 1n)).toString(2).padStart(REST_BITS, '0')
  const value = (rest + '1').indexOf('1') + 1
  const entry = (Number(key >> BigInt(REST_BITS)) << 6) | value
  sketch.addBytes(Uint8Array.of(entry >> 16, (entry >> 8) & 255, entry & 255))
}

test('an empty sketch has no viewers', () => {
  expect(createSketch().estimate()).toBe(0)
})

test('a viewer who comes again changes nothing', () => {
  const sketch = createSketch()
  for (let day = 0; day < 30; day++) add(sketch, keyOf('ada'))
  expect(Math.round(sketch.estimate())).toBe(1)
})

describe.each([10, 100, 1_000, 10_000, 100_000])('%i viewers', (viewers) => {
  test('are estimated with the error that answers tell', () => {
    const rounds = viewers >= 100_000 ? 5 : 20
    const errors = Array.from({ length: rounds }, (_, round) => {
      const sketch = createSketch()
      for (let i = 0; i < viewers; i++) add(sketch, keyOf(`${round} ${i}`))
      return sketch.estimate() / viewers - 1
    })
    const spread = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / rounds)
    // Of so few rounds the spread itself is uncertain: half as much again is far outside of what chance does.
    expect(spread).toBeLessThan(SKETCH_ERROR * 1.5)
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(SKETCH_ERROR * 4)
  })
})

test('halves that overlap add up to the whole, exactly as if it had been counted at once', () => {
  const [left, right, whole, merged] = [createSketch(), createSketch(), createSketch(), createSketch()]
  for (let i = 0; i < 5_000; i++) {
    const key = keyOf(String(i))
    if (i < 3_000) add(left, key)
    if (i >= 2_000) add(right, key)
    add(whole, key)
    add(merged, key)
    add(merged, key)
  }
  expect(merged.estimate()).toBe(whole.estimate())
  expect(whole.estimate()).toBeLessThan(left.estimate() + right.estimate())
})

test('marks of events are read as ingest writes them', () => {
  expect(countedFlags).toEqual({ completed: eventFlags.completed, repeat: eventFlags.repeat })
})

onBothDatabases('a sketch that the database makes', (database) => {
  test('holds the same registers as one that is made of the keys', async () => {
    const keys = [
      ...Array.from({ length: 3_000 }, (_, i) => keyOf(String(i))),
      1n,
      2n ** 63n - 1n,
      2n ** 49n,
      2n ** 49n - 1n,
    ]
    const at = '2025-03-01T12:00:00Z'
    await sql`create table if not exists events_20250301 partition of events for values from ('2025-03-01') to ('2025-03-02')`.execute(
      database().kysely,
    )
    await sql`insert into events (content_key, viewer_key, event_id, occurred_at, received_at, event_day, type, channel, device)
      select 1, key, gen_random_uuid(), ${at}, ${at}, '2025-03-01', 1, 0, 0
      from unnest(${keys.map(String)}::bigint[]) as each (key)`.execute(database().kysely)
    const span = { fromMs: Date.parse('2025-03-01'), toMs: Date.parse('2025-03-02') }
    const rules = { watchSkipMs: 0, watchSkipPercent: 0, watchCompletePercent: 100 }
    const { rows } = await sql<{ type: string; viewers: number; sketch: Uint8Array }>`
      select type, viewers, sketch from (${tallySums(span, 'site', rules, sql`true`)}) sums where type = '*'`.execute(
      database().kysely,
    )

    const [made, fromKeys] = [createSketch(), createSketch()]
    made.addBytes(rows[0]!.sketch)
    for (const key of keys) add(fromKeys, key)
    expect(rows[0]!.viewers).toBe(keys.length)
    expect(made.estimate()).toBe(fromKeys.estimate())
    expect(Math.abs(made.estimate() / keys.length - 1)).toBeLessThan(SKETCH_ERROR * 4)
  })
})
