// What must be done before the first event is tried until it succeeds, unless it never can.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { assertNoTimerLeft } from './support/timers'
import { prepareUntilDone } from '../src/prepare'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  assertNoTimerLeft()
  vi.useRealTimers()
})

test('prepares again and again while the database is away, and stops when told', async () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  let attempts = 0
  const preparation = await prepareUntilDone(
    async () => {
      if (++attempts < 4) throw refused
    },
    () => {},
  )
  expect(preparation.isDone()).toBe(false)
  await vi.advanceTimersByTimeAsync(100 + 200 + 400)
  expect([preparation.isDone(), attempts]).toEqual([true, 4])
  const away = await prepareUntilDone(
    () => Promise.reject(refused),
    () => {},
  )
  away.stop()
  expect(away.isDone()).toBe(false)
})

test('does not try again what can never work', async () => {
  const broken = prepareUntilDone(
    () => Promise.reject(new Error('no such function')),
    () => {},
  )
  await expect(broken).rejects.toThrow('no such function')
})
