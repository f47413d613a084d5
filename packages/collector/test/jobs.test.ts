// Jobs run by themselves, never twice at once, and a failure is told and tried again.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { assertNoTimerLeft } from './support/timers'
import { startJobs } from '../src/jobs'
import { prepareUntilDone } from '../src/prepare'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  assertNoTimerLeft()
  vi.useRealTimers()
})

test('runs a job at every period until it is stopped', async () => {
  let runs = 0
  const stop = startJobs([{ name: 'count', everyMs: 100, run: async () => void runs++ }], () => {})
  await vi.advanceTimersByTimeAsync(350)
  stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(runs).toBe(3)
})

test('does not start a job again while it runs', async () => {
  let running = 0
  let most = 0
  const slow = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 250))
    running--
  }
  const stop = startJobs([{ name: 'slow', everyMs: 100, run: slow }], () => {})
  await vi.advanceTimersByTimeAsync(1_000)
  stop()
  await vi.advanceTimersByTimeAsync(250)
  expect(most).toBe(1)
})

test('tells a failure and runs the job again at its next time', async () => {
  let runs = 0
  const failures: unknown[] = []
  const fail = async () => {
    runs++
    throw new Error('no luck')
  }
  const stop = startJobs([{ name: 'fail', everyMs: 100, run: fail }], (job, error) =>
    failures.push([job, String(error)]),
  )
  await vi.advanceTimersByTimeAsync(200)
  stop()
  expect([runs, failures[1]]).toEqual([2, ['fail', 'Error: no luck']])
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
