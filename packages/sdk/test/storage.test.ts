import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openTabStorage } from '../src/storage'

beforeEach(() => sessionStorage.clear())
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('keeps everything in memory until it is allowed to write, and then writes what it kept', () => {
  const storage = openTabStorage()
  storage.set('session', 'a')
  expect(storage.get('session')).toBe('a')
  expect(sessionStorage.length).toBe(0)
  storage.persist(true)
  expect(sessionStorage.getItem('sightline:session')).toBe('a')
  expect(openTabStorage().get('session')).toBe('a')
})

test('tells the names that begin alike, stored and kept ones, without the removed ones', () => {
  sessionStorage.setItem('sightline:seen:a', '1')
  sessionStorage.setItem('sightline:seen:b', '1')
  sessionStorage.setItem('other:seen:x', '1')
  const storage = openTabStorage()
  storage.set('seen:c', '1')
  storage.remove('seen:b')
  expect(new Set(storage.names('seen:'))).toEqual(new Set(['seen:a', 'seen:c']))
})

test('purges only what is ours', () => {
  sessionStorage.setItem('sightline:session', 'a')
  sessionStorage.setItem('theirs', 'b')
  const storage = openTabStorage()
  storage.purge()
  expect(storage.get('session')).toBeNull()
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
  storage.set('session', 'a')
  expect(storage.get('session')).toBe('a')
})

test('goes on in memory where touching the storage is forbidden', () => {
  vi.stubGlobal('sessionStorage', undefined)
  const storage = openTabStorage()
  storage.persist(true)
  storage.set('session', 'a')
  expect([storage.get('session'), storage.get('none'), storage.names('s')]).toEqual(['a', null, ['session']])
  storage.purge()
  expect(storage.get('session')).toBeNull()
})
