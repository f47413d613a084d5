import type { Durations, Engagement, Retention } from '@sightline/collector/stats'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import { createFakeCollector, openDashboard, provenance, someTotals } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

const back = (counts: (number | null)[]) => [...counts, ...Array.from({ length: 15 - counts.length }, () => null)]

const retention: Retention = {
  ...provenance,
  cohorts: [
    { day: '2025-03-03', viewers: 200, returned: back([200, 50, 0]) },
    { day: '2025-03-04', viewers: 0, returned: back([0, 0]) },
    { day: '2025-03-05', viewers: null, returned: back([]) },
  ],
}

const user = (userId: string, clicks: number): Engagement['items'][number] => ({
  userId,
  impressions: 900,
  views: 10,
  watches: 0,
  clicks,
  likes: 1,
  shares: 0,
  pageViews: 30,
  custom: 2,
})

const engagement: Engagement = {
  ...provenance,
  users: 40,
  engagedUsers: 10,
  engagementRate: 0.25,
  interval: { low: 0.142, high: 0.402 },
  items: Array.from({ length: 12 }, (_, index) => user(`user-${index}`, 37 - index)),
}

const durations: Durations = {
  ...provenance,
  views: { count: 1_200, averageMs: 8_400 },
  watches: {
    skipped: 10,
    partial: 20,
    completed: 70,
    completionRate: 0.7,
    interval: { low: 0.6, high: 0.78 },
    count: 100,
    averageMs: 21_000,
  },
  items: [{ content: { type: 'post', id: '42' }, title: 'A walk by the sea', value: 14_200, totals: someTotals }],
}

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
  Object.assign(collector.answers, {
    retention: { body: retention },
    engagement: { body: engagement },
    durations: { body: durations },
  })
})
afterEach(() => dashboard.close())

const open = async (query = '?page=viewers') => {
  dashboard = await openDashboard(collector, query)
}
const rowsOf = (list: string) =>
  [...dashboard.page.querySelectorAll(`${list} tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.textContent?.trim()),
  )
const noteOf = (panel: string) => dashboard.page.querySelector(`${panel} .panel-head p`)?.textContent

test('tells of each first day with viewers what share came back on each day after it, and nothing of open days', async () => {
  await open()
  expect(rowsOf('#cohorts')).toEqual([
    [
      formats.shortDay('2025-03-03'),
      '200',
      formats.percent(25),
      formats.percent(0),
      ...Array.from({ length: 12 }, () => ''),
    ],
  ])
  const heats = [...dashboard.page.querySelectorAll<HTMLElement>('#cohorts .back')].map((cell) =>
    cell.style.getPropertyValue('--heat'),
  )
  expect(heats).toEqual(['1.000', '0.000'])
  expect(noteOf('#cohorts')).toContain('“Signed in” says more')
})

test('asks for the days and the audience of the reader; what users did has no audience', async () => {
  await open('?page=viewers&days=30&audience=authenticated')
  expect(collector.about('retention')).toEqual([{ days: '30', audience: 'authenticated', periods: '14' }])
  expect(collector.about('durations')).toEqual([{ days: '30', audience: 'authenticated', limit: '10' }])
  expect(collector.about('engagement')).toEqual([{ days: '30', limit: '100' }])
})

test('tells what each user did, most first, and what share of them did more than look', async () => {
  await open()
  expect(rowsOf('#users')).toHaveLength(10)
  expect(rowsOf('#users')[0]).toEqual(['user-0', '50', '10', '0', '37', '1', '0', '2'])
  expect(noteOf('#users')).toBe(
    `10 of 40 did more than look: ${formats.share(0.25)} (${formats.part(0.142)} – ${formats.part(0.402)})`,
  )
  await dashboard.click('#users .more', 'All 12')
  expect(rowsOf('#users')).toHaveLength(12)
})

test('tells how long views and watches were, how watches ended, and what was looked at longest', async () => {
  await open()
  const facts = [...dashboard.page.querySelectorAll('#durations dd')].map((each) => each.textContent)
  expect(facts).toEqual([formats.duration(8_400), formats.count(1_200), formats.duration(21_000), '100'])
  expect(rowsOf('#longest')).toEqual([['post A walk by the sea', formats.duration(14_200)]])
  const classes = [...dashboard.page.querySelectorAll('#watches li b')].map((each) => each.textContent)
  expect(classes).toEqual(['10', '20', '70'])
})

test('shows the rest where cohorts are refused, with the reason, and says what to do without users', async () => {
  const message = 'timezone must be UTC, the site’s.'
  collector.answers.retention = { status: 400, body: { error: { code: 'invalid_query', message } } }
  collector.answers.engagement = {
    body: { ...engagement, users: 0, engagedUsers: 0, engagementRate: null, interval: null, items: [] },
  }
  await open()
  expect(dashboard.page.querySelector('#cohorts')?.textContent).toContain(message)
  expect(dashboard.page.querySelector('#users')?.textContent).toContain('Pass the token of your users to the tracker')
  expect(noteOf('#users')).toBeUndefined()
  expect(rowsOf('#longest')).toHaveLength(1)
})
