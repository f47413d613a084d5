// What costs the database long is asked once in a while, whatever changes meanwhile.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAnswerCache } from '../../src/stats/answer-cache'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

async function askTwice(costMs: number): Promise<number[]> {
  let changes = 0
  let made = 0
  const cache = createAnswerCache({ keepMs: 300_000, now: Date.now, changes: () => changes })
  const ask = async () => {
    const answer = cache.find(
      'question',
      () => new Promise<number>((resolve) => setTimeout(() => resolve(++made), costMs)),
      false,
    )
    await vi.advanceTimersByTimeAsync(costMs)
    return answer
  }
  const first = await ask()
  changes++
  return [first, await ask()]
}

test('an answer that took a second is kept although something has changed', async () => {
  expect(await askTwice(1_000)).toEqual([1, 1])
})

test('one that took less is made anew', async () => {
  expect(await askTwice(999)).toEqual([1, 2])
})

test('who asks while the answer is made gets the same one', async () => {
  let made = 0
  const cache = createAnswerCache({ keepMs: 300_000, now: Date.now, changes: () => 0 })
  const make = async () => ++made
  expect(await Promise.all([cache.find('a', make, false), cache.find('a', make, false)])).toEqual([1, 1])
})

test('a failure is not kept', async () => {
  const cache = createAnswerCache({ keepMs: 300_000, now: Date.now, changes: () => 0 })
  await expect(cache.find('a', () => Promise.reject(new Error('down')), false)).rejects.toThrow('down')
  expect(await cache.find('a', async () => 1, false)).toBe(1)
})
