import { expect, test } from 'vitest'
import { createProgress } from '../../src/demo/progress'

/** A progress of 40,000 events with a clock to set and the text that was written. */
function watchProgress(isTTY: boolean) {
  const written: string[] = []
  let time = 0
  const progress = createProgress(40_000, { isTTY, write: (text: string) => written.push(text) }, () => time)
  return { progress, written, setTime: (milliseconds: number) => (time = milliseconds) }
}

test('redraws one line with rate and remaining time on a terminal', () => {
  const { progress, written, setTime } = watchProgress(true)
  setTime(2_000)
  progress.update(10_000)
  expect(written).toEqual(['\r██████░░░░░░░░░░░░░░░░░░ 10,000 of 40,000 events, 5,000/s, 6.0 s left\u001B[K'])
})

test('does not redraw more often than an eye can follow', () => {
  const { progress, written, setTime } = watchProgress(true)
  for (let time = 0; time < 1_000; time += 10) {
    setTime(time)
    progress.update(time)
  }
  expect(written.length).toBeLessThan(15)
})

test('writes few plain lines where there is no terminal', () => {
  const { progress, written, setTime } = watchProgress(false)
  for (let done = 0; done <= 40_000; done += 100) progress.update(done)
  setTime(4_000)
  progress.finish()
  expect(written).toEqual([
    '25 % of 40,000 sample events stored\n',
    '50 % of 40,000 sample events stored\n',
    '75 % of 40,000 sample events stored\n',
    '40,000 sample events stored in 4.0 s (10,000/s)\n',
  ])
})

test('takes what an earlier attempt did as done, and not as its own speed', () => {
  const written: string[] = []
  let time = 0
  const output = { isTTY: true, write: (text: string) => written.push(text) }
  const words = { things: 'rows', done: 'rows copied' }
  const progress = createProgress(40_000, output, () => time, words, 20_000)
  time = 2_000
  progress.update(30_000)
  expect(written[0]).toContain('30,000 of 40,000 rows, 5,000/s, 2.0 s left')
  time = 4_000
  progress.finish()
  expect(written[1]).toContain('40,000 rows copied in 4.0 s (5,000/s)')
})
