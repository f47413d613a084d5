import { beforeEach, expect, test } from 'vitest'
import { createIdMaker } from '../../src/id'
import { createSessions } from '../../src/record/session'
import { openTabStorage, type TabStorage } from '../../src/storage'

const NOW = Date.UTC(2026, 0, 1)
let now = 0
let storage: TabStorage

beforeEach(() => {
  sessionStorage.clear()
  now = NOW
  storage = openTabStorage()
  storage.persist(true)
})

const open = () =>
  createSessions(
    storage,
    () => now,
    createIdMaker(() => now),
  )

test('numbers go on after a reload', () => {
  const first = open()
  first.advance()
  first.advance()
  expect(open().current()).toEqual(first.current())
  expect(open().current().nextSeq).toBe(2)
})

test('looking at a session does not prolong it', () => {
  const sessions = open()
  const { id } = sessions.current()
  for (let look = 0; look < 4; look++) {
    now += 10 * 60_000
    sessions.current()
  }
  expect(sessions.current().id).not.toBe(id)
})

test('a session that was purged is followed by another one from number 0', () => {
  const sessions = open()
  const { id } = sessions.current()
  sessions.advance()
  storage.purge()
  expect(sessionStorage.length).toBe(0)
  expect(sessions.current()).toMatchObject({ nextSeq: 0 })
  expect(sessions.current().id).not.toBe(id)
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
  sessionStorage.setItem('sightline:session', text)
  expect(open().current()).toMatchObject({ startedAt: now, nextSeq: 0 })
})
