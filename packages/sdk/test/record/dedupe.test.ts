import { beforeEach, describe, expect, test } from 'vitest'
import { createSeenContents } from '../../src/record/dedupe'
import { openStore } from '../../src/storage'

let now: number
let sessionStartedAt: number | undefined

beforeEach(() => {
  localStorage.clear()
  now = 1_000_000
  sessionStartedAt = now
})

const findSession = () =>
  sessionStartedAt === undefined ? undefined : { id: '', startedAt: sessionStartedAt, nextSeq: 0 }

/** A tab of the site. */
function open(storage: 'localStorage' | 'memory' = 'localStorage') {
  const store = openStore(storage)
  store.persist(true)
  return createSeenContents(store, () => now, findSession)
}

describe('a content', () => {
  test('counts as seen for the rest of the session, also after a reload and in other tabs', () => {
    const other = open()
    open().add('post:1', 'session')
    now += 60_000
    expect([open().has('post:1', 'session'), other.has('post:1', 'session')]).toEqual([true, true])
    sessionStartedAt = now
    expect(open().has('post:1', 'session')).toBe(false)
  })

  test('is known at a glance once it was met here or before the page, on the page also without storage', () => {
    open().add('post:1', 'session')
    const seen = open()
    seen.add('post:2', 'page')
    const glances = (['session', 'page'] as const).map((scope) =>
      ['post:1', 'post:2', 'post:3'].map((key) => seen.has(key, scope, true)),
    )
    expect(glances).toEqual([
      [true, false, false],
      [false, true, false],
    ])
  })

  test('that was never met costs no look into the storage at a glance, and is found there by a real one', () => {
    const [one, other] = [open(), open()]
    one.has('post:1', 'session', true)
    other.add('post:1', 'session')
    expect([one.has('post:1', 'session', true), one.has('post:1', 'session')]).toEqual([false, true])
  })

  test('counts as unseen when the session is over', () => {
    const seen = open()
    seen.add('post:1', 'session')
    sessionStartedAt = undefined
    expect(seen.has('post:1', 'session')).toBe(false)
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

  test('seen on the page of one tab is unseen on the page of another', () => {
    const [one, other] = [open(), open()]
    one.add('post:1', 'page')
    expect(other.has('post:1', 'page')).toBe(false)
    expect(localStorage.length).toBe(0)
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
    expect(seen.has('post:1', false)).toBe(false)
    expect(seen.addTime('post:1', false, 50)).toBe(50)
  })

  test('stays seen when somebody sets the clock back', () => {
    const seen = open()
    now -= 3_600_000
    seen.add('post:1', 'session')
    expect(seen.has('post:1', 'session')).toBe(true)
  })

  test.each(['session', 'page'] as const)(
    'of a %s counts as unseen again when its impression was taken back',
    (scope) => {
      const seen = open()
      seen.add('post:1', scope)
      seen.remove('post:1')
      expect([seen.has('post:1', scope), open().has('post:1', scope)]).toEqual([false, false])
    },
  )

  test('adds its time up over reloads', () => {
    const seen = open()
    seen.add('post:1', 'session')
    seen.addTime('post:1', 'session', 1_200)
    expect(open().addTime('post:1', 'session', 300)).toBe(1_500)
  })

  test('adds its time up on one page view', () => {
    const seen = open()
    seen.add('post:1', 'page')
    seen.addTime('post:1', 'page', 1_200)
    expect(seen.addTime('post:1', 'page', 300)).toBe(1_500)
    seen.beginPage()
    expect(seen.addTime('post:1', 'page', 300)).toBe(300)
  })
})

test('a session that begins forgets what only older ones could ask for, and keeps open windows', async () => {
  const seen = open()
  seen.add('post:old', 'session')
  seen.add('post:closed', { windowMs: 60_000 })
  seen.add('post:open', { windowMs: 86_400_000 })
  localStorage.setItem('sightline:seen:broken', 'x')
  sessionStartedAt = now += 3_600_000
  seen.prune()
  await Promise.resolve()
  expect(Object.keys(localStorage)).toEqual(['sightline:seen:post:open'])
  expect(seen.has('post:open', { windowMs: 86_400_000 })).toBe(true)
})

test('at most 5,000 contents are remembered; then the tenth seen longest ago is forgotten', () => {
  // In memory, since the storage of the test environment is slow.
  const seen = open('memory')
  for (let index = 0; index < 5_000; index++) {
    now++
    seen.add(`post:${index}`, 'session')
  }
  expect(seen.has('post:0', 'session')).toBe(true)
  now++
  seen.add('post:new', 'session')
  const left = Array.from({ length: 5_000 }, (_, index) => index).filter((index) =>
    seen.has(`post:${index}`, 'session'),
  )
  expect([left[0], left.length, seen.has('post:new', 'session')]).toEqual([501, 4_499, true])
})

test('entries that somebody else has damaged are ignored', () => {
  localStorage.setItem('sightline:seen:post:1', 'not a number')
  localStorage.setItem('sightline:seen:post:2', '')
  expect([open().has('post:1', 'session'), open().has('post:2', 'session')]).toEqual([false, false])
})
