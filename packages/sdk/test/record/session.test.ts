import { beforeEach, expect, test } from 'vitest'
import { createIdMaker } from '../../src/id'
import { createSessions, type Sessions } from '../../src/record/session'
import { openStore } from '../../src/storage'

const NOW = Date.UTC(2026, 0, 1)
let now = 0
let turns: string[]

beforeEach(() => {
  localStorage.clear()
  now = NOW
  turns = []
})

/** A tab of the site. */
function open(): Sessions {
  const store = openStore('localStorage')
  store.persist(true)
  const sessions = createSessions(
    store,
    () => now,
    createIdMaker(() => now),
    {
      ends: () => turns.push(`ends at number ${sessions.current().nextSeq}`),
      begins: () => turns.push('begins'),
    },
  )
  return sessions
}

const next = (sessions: Sessions) => {
  const session = sessions.current()
  sessions.advance(session)
  return session
}

test('numbers go on after a reload', () => {
  const first = open()
  next(first)
  next(first)
  expect(open().current()).toEqual(first.current())
  expect(open().current().nextSeq).toBe(2)
})

test('two tabs share one session and one row of numbers', () => {
  const [one, other] = [open(), open()]
  const given = [next(one), next(other), next(one), next(other)]
  expect(given.map(({ nextSeq }) => nextSeq)).toEqual([0, 1, 2, 3])
  expect(new Set(given.map(({ id }) => id)).size).toBe(1)
})

test('a tab keeps the session alive for the others', () => {
  const [one, other] = [open(), open()]
  const { id } = next(one)
  for (let time = 0; time < 4; time++) {
    now += 20 * 60_000
    next(other)
  }
  expect(one.current().id).toBe(id)
})

test('looking at a session does not prolong it', () => {
  const sessions = open()
  const { id } = sessions.current()
  for (let look = 0; look < 4; look++) {
    now += 10 * 60_000
    sessions.find()
  }
  expect(sessions.find()).toBeUndefined()
  expect(sessions.current().id).not.toBe(id)
})

test('a session lasts a day at most', () => {
  const sessions = open()
  const { id } = next(sessions)
  for (let hour = 0; hour < 24; hour += 0.25) {
    expect(next(sessions).id).toBe(id)
    now += 15 * 60_000
  }
  expect(next(sessions).id).toBe(id)
  now += 1
  expect(next(sessions).id).not.toBe(id)
})

test('what is still recorded when a session ends belongs to it, before the next one begins', () => {
  const sessions = open()
  const { id } = next(sessions)
  turns = []
  now += 30 * 60_000 + 1
  expect(sessions.current().id).not.toBe(id)
  expect(turns).toEqual(['ends at number 1', 'begins'])
})

test('the first session of all has nothing to end', () => {
  open().current()
  expect(turns).toEqual(['begins'])
})

test.each([
  '',
  'x',
  '1 2 3 id',
  `${NOW} ${NOW} 3 id`,
  `${NOW} ${NOW} -3 018f0000-0000-7000-8000-000000000000`,
  `${NOW} ${NOW} x 018f0000-0000-7000-8000-000000000000`,
  `x ${NOW} 3 018f0000-0000-7000-8000-000000000000`,
  `${NOW} 3 018f0000-0000-7000-8000-000000000000`,
])('a damaged entry (%j) begins a new session', (text) => {
  localStorage.setItem('sightline:session', text)
  expect(open().current()).toMatchObject({ startedAt: now, nextSeq: 0 })
})
