import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openStore, type TrackerStorage } from '../src/storage'

const full = () => {
  throw new DOMException('full', 'QuotaExceededError')
}

beforeEach(() => localStorage.clear())
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function open(choice: Parameters<typeof openStore>[0] = 'localStorage') {
  const store = openStore(choice)
  store.persist(true)
  return store
}

test('keeps everything in memory until it is allowed to write, and then writes what it kept', () => {
  const store = openStore('localStorage')
  store.set('session', 1, 'a')
  expect([store.get('session'), store.flush()]).toEqual([['1', 'a'], false])
  expect(localStorage.length).toBe(0)
  store.persist(true)
  expect(localStorage.getItem('sightline:session')).toBe('1 a')
  expect([openStore('localStorage').get('session'), store.flush()]).toEqual([['1', 'a'], true])
})

test('writes at the end of the task, or at once when asked', async () => {
  const store = open()
  store.set('event:1', '{}')
  expect([store.get('event:1'), localStorage.length]).toEqual([['{}'], 0])
  await Promise.resolve()
  expect(localStorage.getItem('sightline:event:1')).toBe('{}')
  store.set('event:2', '{}')
  store.set('event:3', '{}')
  store.remove('event:3')
  expect([store.flush(), Object.keys(localStorage)]).toEqual([true, ['sightline:event:1', 'sightline:event:2']])
})

test('what waits for the end of the task is known to the other stores of the page, if it may be written', () => {
  const store = open()
  store.set('session', 1)
  expect([openStore('localStorage').get('session'), localStorage.length]).toEqual([['1'], 0])
  const own = { get: () => null, set: () => {}, remove: () => {}, keys: () => [] }
  expect([open(own).get('session'), openStore('memory').get('session')]).toEqual([[''], ['']])
  store.persist(false)
  store.set('seen:a', 1)
  expect(open().get('seen:a')).toEqual([''])
})

test('reads what another tab has written since', () => {
  const store = open()
  store.set('session', 1)
  store.flush()
  localStorage.setItem('sightline:session', '2')
  expect(store.get('session')).toEqual(['2'])
})

test('what was removed is gone, also after a reload', () => {
  localStorage.setItem('sightline:seen:a', '1')
  const store = open()
  store.remove('seen:a')
  expect([store.get('seen:a'), openStore('localStorage').get('seen:a')]).toEqual([[''], ['']])
})

test('finds names by their beginning, in memory and on the disk, and none of others', () => {
  localStorage.setItem('seen:theirs', '1')
  localStorage.setItem('sightline:seen:a', '1')
  const store = openStore('localStorage')
  store.set('seen:b', 1)
  store.set('session', 1)
  expect(store.rests('seen:')).toEqual(['b', 'a'])
})

test('goes on in memory where the disk is full, and is newer than it', () => {
  vi.stubGlobal('localStorage', { getItem: () => '1', setItem: full })
  const store = open()
  store.set('session', 2)
  expect([store.get('session'), store.flush()]).toEqual([['2'], false])
})

test.each<[string, unknown]>([
  ['absent', undefined],
  ['switched off', null],
])('goes on in memory where localStorage is %s', (_, storage) => {
  vi.stubGlobal('localStorage', storage)
  const store = open()
  store.set('session', 1)
  expect([store.get('session'), store.get('none'), store.rests(''), store.flush()]).toEqual([
    ['1'],
    [''],
    ['session'],
    false,
  ])
  store.remove('session')
  expect(store.rests('')).toEqual([])
})

test('goes on in memory where touching localStorage throws', () => {
  vi.spyOn(globalThis, 'localStorage', 'get').mockImplementation(full)
  const store = open()
  store.set('session', 1)
  expect([store.get('session'), store.flush()]).toEqual([['1'], false])
})

test('with "memory" touches no disk', () => {
  const store = open('memory')
  store.set('session', 1)
  expect([store.get('session'), store.flush(), localStorage.length]).toEqual([['1'], false, 0])
})

test('uses the storage that the site hands over', () => {
  const texts = new Map([['theirs', 'x']])
  const own: TrackerStorage = {
    get: (name) => texts.get(name) ?? null,
    set: (name, text) => texts.set(name, text),
    remove: (name) => texts.delete(name),
    keys: () => [...texts.keys()],
  }
  const store = open(own)
  store.set('session', 1)
  store.set('seen:a', 2)
  store.remove('seen:a')
  store.flush()
  expect([...texts]).toEqual([
    ['theirs', 'x'],
    ['sightline:session', '1'],
  ])
  expect([store.get('session'), store.rests(''), store.flush()]).toEqual([['1'], ['session'], true])
})

test('survives a storage of the site that is none', () => {
  const store = open({ get: full, set: full, remove: full, keys: full } as unknown as TrackerStorage)
  store.set('session', 1)
  expect([store.get('session'), store.rests(''), store.flush()]).toEqual([['1'], ['session'], false])
  expect(open({ get: () => 7, set: () => {}, remove: () => {}, keys: () => 7 } as never).get('session')).toEqual(['7'])
})
