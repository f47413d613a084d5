import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import { contentStats, createFakeCollector, openDashboard, someTotals } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
})
afterEach(() => dashboard.close())

test('tells of one content how many of those who saw it viewed, clicked, liked and shared it', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  const steps = [...dashboard.page.querySelectorAll('#funnel li')].map((step) => step.textContent)
  expect(steps).toEqual([
    `Seen${formats.count(12_345)}${formats.share(1)}`,
    `Viewed${formats.count(9_876)}${formats.share(9_876 / 12_345)}`,
    `Clicked543${formats.share(543 / 12_345)}`,
    `Liked210${formats.share(210 / 12_345)}`,
    `Shared87${formats.share(87 / 12_345)}`,
  ])
})

test('says how viewers were counted', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.text()).toContain(`Estimated, 95 of 100 times within ${formats.part(0.02)}`)
  expect(dashboard.card('Viewers')).toBe('≈ 55')
})

test('says of watches how many were skipped and completed', async () => {
  const watches = { skipped: 10, partial: 20, completed: 70, completionRate: 0.7, interval: { low: 0.6, high: 0.78 } }
  collector.answers.stats = { body: { ...contentStats(someTotals), watches } }
  dashboard = await openDashboard(collector, '?page=content&type=reel&id=9')
  const classes = [...dashboard.page.querySelectorAll('#watches li')].map((each) => each.textContent)
  expect(classes).toEqual([
    `Skipped10${formats.share(0.1)}`,
    `Partly20${formats.share(0.2)}`,
    `Completed70${formats.share(0.7)}`,
  ])
})

test('asks for content whose name would be an address', async () => {
  dashboard = await openDashboard(collector, `?page=content&type=page&id=${encodeURIComponent('/a?b#c')}`)
  expect(collector.asked.map(({ path }) => path)).toContain('content/page/%2Fa%3Fb%23c/stats')
})

test('shows an author nothing but own content, opened by name', async () => {
  collector.answers.session = { body: { role: 'user', userId: 'ada', isKept: false } }
  dashboard = await openDashboard(collector, '?days=30')
  expect([...dashboard.page.querySelectorAll('nav a')].map((link) => link.textContent)).toEqual(['Content'])
  expect(collector.asked.map(({ path }) => path)).toEqual(['session'])
  const field = dashboard.page.querySelector<HTMLInputElement>('.open-form input')!
  await act(() => {
    field.value = 'post:42'
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => {
    dashboard.page.querySelector('.open-form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
  await vi.waitFor(() => expect(collector.asked.at(-1)?.path).toBe('content/post/42/stats'))
  expect(collector.about('42/stats')[0]?.days).toBe('30')
})

test('says what an author may see when the content is somebody else’s', async () => {
  collector.answers.session = { body: { role: 'user', userId: 'ada', isKept: false } }
  collector.answers.stats = { status: 403, body: { error: { code: 'not_allowed', message: 'no' } } }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('authors see their own content')
})

test('finds a content in the list by any part of its name', async () => {
  dashboard = await openDashboard(collector, '?page=content')
  const search = dashboard.page.querySelector<HTMLInputElement>('input[type=search]')!
  const rows = () => dashboard.page.querySelectorAll('#contents tbody tr').length
  expect(rows()).toBe(1)
  await act(() => {
    search.value = 'BY THE SEA'
    search.dispatchEvent(new Event('input', { bubbles: true }))
  })
  expect(rows()).toBe(1)
  await act(() => {
    search.value = 'mountain'
    search.dispatchEvent(new Event('input', { bubbles: true }))
  })
  expect(rows()).toBe(0)
  expect(dashboard.text()).toContain('None of the first 100 has "mountain"')
})
