// What an export or an import tells while it runs.
import { expect, test } from 'vitest'
import { createTransferProgress } from '../../src/transfer/tell-progress'

/** A progress with a clock to set and the text that was written. */
function watchProgress(isTTY: boolean) {
  const written: string[] = []
  let time = 0
  const output = { isTTY, write: (text: string) => written.push(text) }
  const progress = createTransferProgress(output, () => time)
  return { progress, written, setTime: (milliseconds: number) => (time = milliseconds) }
}

test('redraws one line with share, rate and remaining time on a terminal', () => {
  const { progress, written, setTime } = watchProgress(true)
  setTime(2_000)
  progress.update(10_000, 0.25)
  expect(written).toEqual(['\r██████░░░░░░░░░░░░░░░░░░ 25 %, 10,000 events, 5,000/s, 6.0 s left\u001B[K'])
})

test('tells events and rate where nobody knows the whole', () => {
  const { progress, written, setTime } = watchProgress(true)
  setTime(2_000)
  progress.update(10_000)
  expect(written).toEqual(['\r10,000 events, 5,000/s\u001B[K'])
})

test('does not redraw more often than an eye can follow', () => {
  const { progress, written, setTime } = watchProgress(true)
  for (let time = 0; time < 1_000; time += 10) {
    setTime(time)
    progress.update(time, time / 1_000)
  }
  expect(written).toHaveLength(13)
})

test('writes a plain line each ten seconds where there is no terminal', () => {
  const { progress, written, setTime } = watchProgress(false)
  for (let time = 0; time <= 25_000; time += 100) {
    setTime(time)
    progress.update(time, time / 100_000)
  }
  expect(written).toEqual([
    '10 %, 10,000 events, 1,000/s, 1 min 30 s left\n',
    '20 %, 20,000 events, 1,000/s, 1 min 20 s left\n',
  ])
})

test('ends with what became of it, on a line of its own', () => {
  for (const isTTY of [true, false]) {
    const { progress, written, setTime } = watchProgress(isTTY)
    setTime(7_500_000)
    progress.finish('15,000 events read', 15_000)
    expect(written.join('')).toBe(
      isTTY ? '\r15,000 events read (2 h 5 min, 2/s)\u001B[K\n' : '15,000 events read (2 h 5 min, 2/s)\n',
    )
  }
})

test('stays full where more came than was expected', () => {
  const { progress, written, setTime } = watchProgress(true)
  setTime(1_000)
  progress.update(1_100, 1.1)
  expect(written).toEqual([`\r${'█'.repeat(24)} 100 %, 1,100 events, 1,100/s, 0.0 s left\u001B[K`])
})
