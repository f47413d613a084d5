// What a network may send: a burst, then a steady rate, and exact times to wait.
import { beforeEach, expect, test } from 'vitest'
import { createRateLimiter } from '../../src/ingest/rate-limit'

let now: number
beforeEach(() => {
  now = 1_000_000
})
const limiter = (perSecond: number, burst: number) => createRateLimiter({ perSecond, burst }, () => now)

test('lets a burst through and then tells how long to wait', () => {
  const { take } = limiter(50, 200)
  expect([take('a', 150), take('a', 50), take('a', 1)]).toEqual([0, 0, 20])
  now += 19
  expect(take('a', 1)).toBe(1)
  now += 1
  expect(take('a', 1)).toBe(0)
})

test('what is refused costs nothing', () => {
  const { take } = limiter(50, 200)
  take('a', 200)
  for (let i = 0; i < 100; i++) expect(take('a', 100)).toBe(2_000)
  now += 2_000
  expect(take('a', 100)).toBe(0)
})

test('a full bucket lets more than it holds through once, and is paid back before the next', () => {
  const { take } = limiter(10, 20)
  expect(take('a', 50)).toBe(0)
  expect(take('a', 1)).toBe(3_100)
  now += 3_100
  expect(take('a', 1)).toBe(0)
})

test('never fills beyond the burst, and not backwards', () => {
  const { take } = limiter(50, 200)
  take('a', 1)
  now += 3_600_000
  expect([take('a', 200), take('a', 1)]).toEqual([0, 20])
  now -= 3_600_000
  expect(take('a', 1)).toBe(20)
})

test('looking costs nothing, and a key nobody used may go on', () => {
  const { take, waitMs } = limiter(1, 1)
  expect([waitMs('a'), waitMs('a'), take('a', 1), waitMs('a'), waitMs('b')]).toEqual([0, 0, 0, 1_000, 0])
})

test('a rate of 0 limits nothing', () => {
  const { take, waitMs } = limiter(0, 1)
  expect([take('a', 1e9), take('a', 1e9), waitMs('a')]).toEqual([0, 0, 0])
})

test('remembers at most 50,000 keys, and those that were used last', () => {
  const { take, waitMs } = limiter(1, 1)
  take('steady', 1)
  for (let i = 0; i < 49_999; i++) take(`a${i}`, 1)
  take('steady', 1)
  for (let i = 0; i < 49_999; i++) take(`b${i}`, 1)
  expect(waitMs('steady')).toBe(1_000)
  expect(waitMs('a49998')).toBe(0)
  expect(waitMs('b0')).toBe(1_000)
})
