// A slip of the finger gets a suggestion; another word does not.
import { expect, test } from 'vitest'
import { nearMiss } from '../src/near-miss'

const flags = ['--port', '--host', '--timezone', '--raw-retention-days']

test.each([
  ['--prot', '--port'],
  ['--prt', '--port'],
  ['--timezoen', '--timezone'],
  ['--raw-retention-day', '--raw-retention-days'],
  ['--retention', undefined],
  ['--fast', undefined],
  ['-p', undefined],
  ['', undefined],
])('%j is taken for %j', (word, meant) => {
  expect(nearMiss(word, flags)).toBe(meant)
})
