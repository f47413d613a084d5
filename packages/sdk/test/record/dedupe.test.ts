import { beforeEach, describe, expect, test } from 'vitest'
import { createSeenContents } from '../../src/record/dedupe'
import { openTabStorage, type TabStorage } from '../../src/storage'

let now: number
let sessionStartedAt: number
let storage: TabStorage

beforeEach(() => {
  sessionStorage.clear()
  now = 1_000_000
  sessionStartedAt = now
  storage = openTabStorage()
  storage.persist(true)
})

const open = () =>
  createSeenContents(
    storage,
    () => now,
    () => sessionStartedAt,
  )

describe('a content', () => {
  test('counts as seen for the rest of the session, also after a reload', () => {
    open().add('post:1', 'session')
    now += 60_000
    expect(open().has('post:1', 'session')).toBe(true)
    sessionStartedAt = now
    expect(open().has('post:1', 'session')).toBe(false)
  })

  test('counts as seen on one page view, and anew on the next, also in the same millisecond', () => {
    const seen = open()
    seen.add('post:1', 'page')
    expect(seen.has('post:1', 'page')).toBe(true)
    seen.beginPage()
    expect(seen.has('post:1', 'page')).toBe(false)
    seen.add('post:1', 'page')
    expect(seen.has('post:1', 'page')).toBe(true)
  })

  test('counts as seen inside a window, to the millisecond', () => {
    const seen = open()
    seen.add('post:1', { windowMs: 300 })
    now += 299
    expect(seen.has('post:1', { windowMs: 300 })).toBe(true)
    now += 1
    expect(seen.has('post:1', { windowMs: 300 })).toBe(false)
  })

  test('never counts as seen without a scope', () => {
    const seen = open()
    seen.add('post:1', false)
    expect(seen.has('post:1', false)).toBe(false)
    expect(seen.addTime('post:1', false, 50)).toBe(50)
  })

  test('stays seen when somebody sets the clock back', () => {
    const seen = open()
    now -= 3_600_000
    seen.add('post:1', 'session')
    expect(seen.has('post:1', 'session')).toBe(true)
  })

  test('counts as unseen again when its impression was taken back', () => {
    const seen = open()
    seen.add('post:1', 'session')
    seen.remove('post:1')
    expect(seen.has('post:1', 'session')).toBe(false)
    expect(open().has('post:1', 'session')).toBe(false)
  })

  test('adds its time up over reloads', () => {
    const seen = open()
    seen.add('post:1', 'session')
    seen.addTime('post:1', 'session', 1_200)
    expect(open().addTime('post:1', 'session', 300)).toBe(1_500)
  })
})

test('at most 5,000 contents are remembered, and the one seen longest ago is forgotten first', () => {
  // In memory, since the storage of the test environment is slow.
  storage.persist(false)
  const seen = open()
  for (let index = 0; index <= 5_000; index++) {
    now++
    seen.add(`post:${index}`, 'session')
  }
  expect(seen.has('post:0', 'session')).toBe(false)
  expect(seen.has('post:1', 'session')).toBe(true)
  now++
  const reopened = open()
  reopened.add('post:new', 'session')
  expect([reopened.has('post:1', 'session'), reopened.has('post:2', 'session')]).toEqual([false, true])
})

test('entries that somebody else has damaged are ignored', () => {
  sessionStorage.setItem('sightline:seen:post:1', 'not a number')
  sessionStorage.setItem('sightline:seen:post:2', '')
  expect(open().has('post:1', 'session')).toBe(false)
})
