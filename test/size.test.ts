// What a visitor has to load stays within what was promised: .size-limit.json, measured on the published files.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

const measured = measure()

test('every bundle is within its limit', () => {
  expect(measured.map(({ name }) => name)).toEqual([
    '@sightline/sdk, everything',
    '@sightline/sdk/track, recording and delivery',
    'script tag',
    '@sightline/react',
    '@sightline/vue',
  ])
  expect(measured.filter(({ passed, size }) => !passed || size < 100)).toEqual([])
})

test('the README says what they weigh', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const said = [...readme.matchAll(/^\| (`@sightline\/.+?|script tag) +\| ([\d.]+) kB/gm)].map(([, name, kB]) => [
    name!.replaceAll('`', '').replace(', beside the SDK', ''),
    kB,
  ])
  expect(said).toEqual(measured.map(({ name, size }) => [name, (size / 1_000).toFixed(1)]))
})
