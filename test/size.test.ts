// What a visitor has to load stays within what was promised: .size-limit.json, measured on the published files.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from './support/source-files'

interface Measured {
  name: string
  passed: boolean
  /** Brotli bytes. */
  size: number
  sizeLimit: number
}

function measure(): Measured[] {
  try {
    return JSON.parse(execFileSync('node_modules/.bin/size-limit', ['--json'], { cwd: root, encoding: 'utf8' }))
  } catch (error) {
    // It exits with 1 when a limit is exceeded, and has still said which.
    return JSON.parse((error as { stdout: string }).stdout)
  }
}

test('every bundle is within its limit', () => {
  const measured = measure()
  expect(measured.map(({ name }) => name)).toEqual([
    '@sightline/sdk, everything',
    '@sightline/sdk/track, recording and delivery',
    'script tag',
    '@sightline/react',
    '@sightline/vue',
  ])
  expect(measured.filter(({ passed, size }) => !passed || size < 100)).toEqual([])
})
