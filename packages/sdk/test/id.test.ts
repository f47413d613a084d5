import { afterEach, expect, test, vi } from 'vitest'
import { createIdMaker } from '../src/id'

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

afterEach(() => vi.unstubAllGlobals())

test('an id is a UUID of version 7 that tells its millisecond', () => {
  const id = createIdMaker(() => 1_700_000_000_123)()
  expect(id).toMatch(UUID_V7)
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(1_700_000_000_123)
})

test('ids of one millisecond are unique and sort in the order they were made, also beyond the counter', () => {
  const newId = createIdMaker(() => 1_700_000_000_000)
  const ids = Array.from({ length: 10_000 }, newId)
  expect(new Set(ids).size).toBe(10_000)
  expect(ids.every((id, index) => index === 0 || id > ids[index - 1]!)).toBe(true)
})

test('ids keep growing when the clock jitters back, and follow it when somebody sets it back', () => {
  let now = 1_700_000_000_000
  const newId = createIdMaker(() => now)
  const first = newId()
  now -= 500
  expect(newId() > first).toBe(true)
  now -= 3_600_000
  expect(newId() < first).toBe(true)
})

test.each([
  ['without randomUUID, as on plain http', { getRandomValues: <T extends Uint8Array>(bytes: T) => bytes.fill(7) }],
  ['without any crypto', undefined],
])('ids are made %s', (_, crypto) => {
  vi.stubGlobal('crypto', crypto)
  const newId = createIdMaker(Date.now)
  expect(newId()).toMatch(UUID_V7)
  expect(newId()).not.toBe(newId())
})
