import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openTabStorage } from '../src/storage'

beforeEach(() => sessionStorage.clear())
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('keeps everything in memory until it is allowed to write, and then writes what it kept', () => {
  const storage = openTabStorage()
  storage.set('session', 1, 'a')
  expect(storage.get('session')).toEqual(['1', 'a'])
  expect(sessionStorage.length).toBe(0)
  storage.persist(true)
  expect(sessionStorage.getItem('sightline:session')).toBe('1 a')
  expect(openTabStorage().get('session')).toEqual(['1', 'a'])
})

test('what was removed is gone, also after a reload', () => {
  sessionStorage.setItem('sightline:seen:a', '1')
  const storage = openTabStorage()
  storage.remove('seen:a')
  expect([storage.get('seen:a'), openTabStorage().get('seen:a')]).toEqual([[], []])
})

test('forgets what was written longest ago when there are more than 5,000 names, also after a reload', () => {
  const entries = Array.from({ length: 5_000 }, (_, index): [string, string] => [
    `sightline:${index}`,
    `${9_999 - index}`,
  ])
  vi.stubGlobal('sessionStorage', { ...Object.fromEntries(entries), removeItem: () => {} })
  const storage = openTabStorage()
  storage.set('new', 10_000)
  expect([storage.get('4999'), storage.get('4998'), storage.get('0')]).toEqual([[], ['5001'], ['9999']])
})

test('purges only what is ours', () => {
  sessionStorage.setItem('sightline:session', 'a')
  sessionStorage.setItem('theirs', 'b')
  const storage = openTabStorage()
  storage.purge()
  expect(storage.get('session')).toEqual([])
  expect(sessionStorage.getItem('sightline:session')).toBeNull()
  expect(sessionStorage.getItem('theirs')).toBe('b')
})

test('goes on in memory where the storage is full', () => {
  const storage = openTabStorage()
  storage.persist(true)
  vi.stubGlobal('sessionStorage', {
    getItem: () => null,
    setItem() {
      throw new DOMException('full', 'QuotaExceededError')
    },
  })
  storage.set('session', 1)
  expect(storage.get('session')).toEqual(['1'])
})

test('goes on in memory where touching the storage is forbidden', () => {
  vi.stubGlobal('sessionStorage', undefined)
  const storage = openTabStorage()
  storage.persist(true)
  storage.set('session', 1)
  expect([storage.get('session'), storage.get('none')]).toEqual([['1'], []])
  storage.purge()
  expect(storage.get('session')).toEqual([])
})
