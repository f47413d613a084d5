import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirInUse, lockDataDir } from '../../src/database/data-dir-lock'
import { clearOldDemos, openDemoDirectory, privateDirectory, UnusableDirectory } from '../../src/demo/demo-directory'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'demo-directory-'))
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

/** A demo that has stored something. */
function fillDemo(dir: string, isComplete: boolean) {
  const demo = openDemoDirectory(dir, 'sample', false)
  writeFileSync(join(dir, 'rows'), '')
  if (isComplete) demo.markFilled()
}

test('makes a directory below the temporary one that only this user can enter', () => {
  const path = privateDirectory(place)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(privateDirectory(place)).toBe(path)
})

test('does not use a directory that others can enter', () => {
  const path = privateDirectory(place)
  chmodSync(path, 0o755)
  expect(() => privateDirectory(place)).toThrow(UnusableDirectory)
})

test('does not follow a link that someone has laid there', () => {
  const path = privateDirectory(place)
  rmSync(path, { recursive: true })
  mkdirSync(join(place, 'elsewhere'), { mode: 0o700 })
  symlinkSync(join(place, 'elsewhere'), path)
  expect(() => privateDirectory(place)).toThrow(UnusableDirectory)
})

test('reuses complete sample data', () => {
  fillDemo(join(place, 'demo'), true)
  expect(openDemoDirectory(join(place, 'demo'), 'sample', false).isFilled).toBe(true)
  expect(existsSync(join(place, 'demo', 'rows'))).toBe(true)
})

test('starts anew when the fill was interrupted', () => {
  fillDemo(join(place, 'demo'), false)
  expect(openDemoDirectory(join(place, 'demo'), 'sample', false).isFilled).toBe(false)
  expect(existsSync(join(place, 'demo', 'rows'))).toBe(false)
})

test('starts anew when that is asked for', () => {
  fillDemo(join(place, 'demo'), true)
  expect(openDemoDirectory(join(place, 'demo'), 'sample', true).isFilled).toBe(false)
  expect(existsSync(join(place, 'demo', 'rows'))).toBe(false)
})

test.each([false, true])('never touches files that the demo did not make (fresh: %s)', (fresh) => {
  writeFileSync(join(place, 'thesis.txt'), 'years of work')
  expect(() => openDemoDirectory(place, 'sample', fresh)).toThrow('holds files that the demo did not make')
  expect(existsSync(join(place, 'thesis.txt'))).toBe(true)
})

test('deletes nothing under a demo that still runs', () => {
  const dir = join(place, 'demo')
  fillDemo(dir, true)
  const release = lockDataDir(dir)
  expect(() => openDemoDirectory(dir, 'sample', true)).toThrow(DataDirInUse)
  clearOldDemos(place, 'other')
  expect(existsSync(join(dir, 'rows'))).toBe(true)
  release()
})

test('clears what earlier days have left, and keeps the one in use today', () => {
  for (const name of ['yesterday', 'today']) fillDemo(join(place, name), true)
  clearOldDemos(place, 'today')
  expect([existsSync(join(place, 'yesterday')), existsSync(join(place, 'today', 'rows'))]).toEqual([false, true])
})
