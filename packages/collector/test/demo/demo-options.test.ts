import { expect, test } from 'vitest'
import { readDemoOptions } from '../../src/demo/demo-options'

test('needs nothing', () => {
  expect(readDemoOptions([], {})).toEqual({ port: 8787, days: 30, seed: '1', dir: undefined, fresh: false })
})

test('takes flags, in both spellings', () => {
  const argv = ['--port', '9000', '--days=7', '--seed=spring', '--dir', './sightline-data', '--fresh']
  expect(readDemoOptions(argv, {})).toEqual({
    port: 9_000,
    days: 7,
    seed: 'spring',
    dir: './sightline-data',
    fresh: true,
  })
})

test('takes the environment where a flag is missing', () => {
  const env = { PORT: '9000', DEMO_DAYS: '3', DEMO_SEED: 'x', DEMO_DIR: '/data', DEMO_FRESH: '1' }
  expect(readDemoOptions(['--days', '5'], env)).toEqual({ port: 9_000, days: 5, seed: 'x', dir: '/data', fresh: true })
})

test('counts an empty variable as unset', () => {
  expect(readDemoOptions([], { PORT: '', DEMO_DIR: '', DEMO_FRESH: '' })).toEqual(readDemoOptions([], {}))
})

test('tells all mistakes at once, each by the name under which it was made', () => {
  expect(() => readDemoOptions(['--days', 'many', '--seed', 'a b'], { PORT: '70000' })).toThrow(
    expect.objectContaining({
      exitCode: 78,
      problems: [
        'config: PORT must be a port from 0 to 65535, got "70000".',
        'config: --days must be a whole number of days from 1 to 30, got "many".',
        'config: --seed must be 1 to 32 letters, digits, _ or -, got "a b".',
      ],
    }),
  )
})

test.each([['--colour'], ['stray'], ['--port']])('refuses %s as a wrong call', (argument) => {
  expect(() => readDemoOptions([argument], {})).toThrow(expect.objectContaining({ exitCode: 2 }))
})
