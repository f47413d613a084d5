import type { TrustReport } from '@sightline/collector/trust'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import { createFakeCollector, openDashboard } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

const report: TrustReport = {
  madeAt: '2025-03-09T13:03:00.000Z',
  from: '2025-03-03',
  to: '2025-03-09',
  outcomes: [
    { day: '2025-03-09', outcome: 'tracked', reason: '', count: 1_500 },
    { day: '2025-03-08', outcome: 'tracked', reason: '', count: 1_000 },
    { day: '2025-03-09', outcome: 'dropped', reason: 'opted_out', count: 7 },
    { day: '2025-03-09', outcome: 'lost', reason: 'queue_full', count: 3 },
  ],
  sequences: [{ day: '2025-03-09', sessions: 40, expected: 2_000, stored: 1_990 }],
  deadLetters: {
    count: 2,
    items: [
      { id: 'one', receivedAt: '2025-03-09T10:00:00Z', code: '22P02', message: 'invalid text' },
      { id: 'two', receivedAt: '2025-03-09T11:00:00Z', code: '23514', message: 'a check' },
    ],
  },
  storage: {
    database: 'pglite',
    durability: 'power',
    bytes: 50_000_000,
    days: [
      { day: '2025-03-09', bytes: 2_000_000 },
      { day: '2025-03-08', bytes: 4_000_000 },
      { day: null, bytes: 8_192 },
    ],
    rawRetentionDays: 7,
    bytesPerDay: 4_000_000,
    freeBytes: 1_200_000_000,
    daysLeft: 300,
  },
  jobs: [
    {
      name: 'close-days',
      everySeconds: 3_600,
      holder: null,
      finishedAt: '2025-03-09T13:00:00Z',
      lagSeconds: 0,
      lastError: null,
    },
    {
      name: 'retention',
      everySeconds: 3_600,
      holder: null,
      finishedAt: '2025-03-09T07:00:00Z',
      lagSeconds: 18_000,
      lastError: 'disk is full',
    },
  ],
  settings: [
    { variable: 'PORT', value: '8787', isDefault: true },
    { variable: 'JWT_SECRET', value: '(set)', isDefault: false },
  ],
}

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(async () => {
  collector = createFakeCollector()
  collector.answers.trust = { body: report }
  dashboard = await openDashboard(collector, '?page=trust')
})
afterEach(() => dashboard.close())

const rowsOf = (list: string) =>
  [...dashboard.page.querySelectorAll(`${list} tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()),
  )

/** What the page says about the replay. */
async function sentence() {
  await vi.waitUntil(() => dashboard.page.querySelector('#letters .said')?.textContent)
  return dashboard.page.querySelector('#letters .said')?.textContent
}

test('tells what became of every event by reason and day, also what a browser lost', () => {
  expect(rowsOf('#outcomes')).toEqual([
    ['Stored', formats.count(2_500), formats.count(1_500), formats.count(1_000)],
    ['Left out opted out', '7', '7', '0'],
    ['Lost in the browser queue full', '3', '3', '0'],
  ])
})

test('tells what is missing between the first and the last event of sessions', () => {
  expect(rowsOf('#sequences')).toEqual([
    [formats.longDay('2025-03-09'), '40', formats.count(2_000), '10', formats.share(0.005)],
  ])
})

test('tells what each day takes up and how many days are left', () => {
  const facts = [...dashboard.page.querySelectorAll('#storage dd')].map((each) => each.textContent)
  expect(facts).toEqual([
    formats.bytes(50_000_000),
    formats.bytes(4_000_000),
    '7 days',
    formats.bytes(1_200_000_000),
    '300',
  ])
  expect(rowsOf('#storage')).toEqual([
    [formats.longDay('2025-03-09'), formats.bytes(2_000_000)],
    [formats.longDay('2025-03-08'), formats.bytes(4_000_000)],
    ['Ids without a time', formats.bytes(8_192)],
  ])
})

test('says of each job how late it is, and with what it failed', () => {
  expect(rowsOf('#jobs').map((cells) => [cells[0], cells[3], cells[4]])).toEqual([
    ['close-days', 'on time', ''],
    ['retention', '5 h', 'disk is full'],
  ])
})

test('lists the settings that were changed, and all of them on request', async () => {
  expect(rowsOf('#settings')).toEqual([['JWT_SECRET', '(set)']])
  await dashboard.click('#settings button', 'All')
  expect(rowsOf('#settings')).toEqual([
    ['PORT', '8787'],
    ['JWT_SECRET', '(set)'],
  ])
})

test('stores one dead letter again, or all of them, says what came of it and looks anew', async () => {
  collector.answers['trust/dead-letters/replay'] = { body: { stored: 1, duplicates: 1, refused: [] } }
  await dashboard.click('#letters tbody tr:last-child button', 'Store')
  expect(await sentence()).toBe('Stored 1; 1 had been stored before; 0 refused again.')
  const looks = () => collector.asked.filter(({ path }) => path === 'trust').length
  await vi.waitFor(() => expect(looks()).toBe(2))
  await dashboard.click('#letters .tools button', 'Store all 2 again')
  await vi.waitFor(() => expect(looks()).toBe(3))
  expect(collector.about('replay')).toEqual([{ id: 'two' }, {}])
})

test('says why a dead letter could not be stored again', async () => {
  collector.answers['trust/dead-letters/replay'] = {
    status: 503,
    body: { error: { code: 'overloaded', message: 'The collector is busy. Try again in 2 seconds.' } },
  }
  await dashboard.click('#letters tbody button', 'Store')
  expect(await sentence()).toBe('The collector is busy. Try again in 2 seconds.')
})

test('says what it means that there is nothing to list', async () => {
  await dashboard.close()
  collector.answers.trust = {
    body: { ...report, outcomes: [], sequences: null, deadLetters: { count: 0, items: [] }, jobs: [] },
  }
  dashboard = await openDashboard(collector, '?page=trust')
  expect(dashboard.text()).toContain('No event has arrived yet.')
  expect(dashboard.text()).toContain('Ask again at a quieter hour.')
  expect(dashboard.text()).toContain('None. Every event that was accepted is stored.')
  expect(dashboard.text()).toContain('have not been looked at yet')
})
