import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import {
  breakdown,
  createFakeCollector,
  noTotals,
  openDashboard,
  provenance,
  settle,
  siteSeries,
  siteStats,
  someTotals,
  topContent,
} from './support/fake-collector'

const drawn = vi.hoisted(() => ({ data: [] as unknown[][] }))

// happy-dom has no canvas; what would be drawn is kept instead.
vi.mock('uplot', () => ({
  default: class {
    width = 0
    constructor(_options: unknown, data: unknown[]) {
      drawn.data.push(data)
    }
    destroy() {}
  },
}))

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
  drawn.data = []
})
afterEach(() => dashboard.close())

test("shows the API's totals, none rounded", async () => {
  dashboard = await openDashboard(collector)
  expect(dashboard.card('Viewers')).toBe(formats.count(777))
  expect(dashboard.card('Impressions')).toBe(formats.count(12_345))
  expect(dashboard.card('Views')).toBe(formats.count(9_876))
  expect(dashboard.card('Clicks')).toBe(formats.count(543))
  expect(dashboard.card('Likes')).toBe(formats.count(210))
  expect(dashboard.card('Shares')).toBe(formats.count(87))
  expect(dashboard.card('Page views')).toBe(formats.count(4_321))
  expect(dashboard.card('Average view')).toBe(formats.duration(12_430))
})

test('marks viewers that are estimated', async () => {
  collector.answers.site = { body: siteStats(someTotals, { viewers: { value: 900, method: 'hll', error: 0.008 } }) }
  dashboard = await openDashboard(collector)
  expect(dashboard.card('Viewers')).toBe('≈ 900')
})

test("draws the API's days, and those of the period before", async () => {
  dashboard = await openDashboard(collector)
  const days = [3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000]
  await vi.waitFor(() => expect(drawn.data.at(-1)).toEqual([[0, 1, 2, 3, 4, 5, 6], days, days]))
})

test('asks for as many days right before the period, and shows the change', async () => {
  dashboard = await openDashboard(collector)
  expect(collector.about('stats/site')).toEqual([
    { days: '7', audience: 'all' },
    { from: '2025-02-24', to: '2025-03-02', audience: 'all' },
  ])
  expect(dashboard.page.querySelector('.card .change')?.textContent).toContain('against 777 before')
})

test('compares with nothing when the days before are not kept', async () => {
  collector.answers.site = { body: siteStats(someTotals, { keptFrom: '2025-02-28' }) }
  dashboard = await openDashboard(collector)
  expect(collector.about('stats/site')).toHaveLength(1)
  expect(dashboard.page.querySelector('.change')).toBeNull()
})

test('has every number of the chart in a table as well', async () => {
  dashboard = await openDashboard(collector, '?compare=off')
  const rows = [...dashboard.page.querySelectorAll('#series details tbody tr')].map((row) => row.textContent)
  expect(rows).toHaveLength(7)
  expect(rows[6]).toBe(`${formats.longDay('2025-03-09')}${formats.count(9_000)}`)
})

test('counts in the chart and in every list what the reader chooses', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('button.card', 'Clicks')
  expect(window.location.search).toBe('?by=clicks')
  await vi.waitFor(() => expect(drawn.data.at(-1)?.[1]).toEqual([3, 4, 5, 6, 7, 8, 9]))
  expect(collector.about('stats/top').at(-2)?.by).toBe('clicks')
  expect(collector.about('breakdown/country').at(-1)?.type).toBe('click')
  expect(collector.about('breakdown/referrer').at(-1)?.type).toBe('page_view')
})

test('lists the top content with its title, its numbers and a bar in proportion to the first', async () => {
  collector.answers.top = {
    body: topContent([
      { content: { type: 'post', id: '42' }, title: 'A walk by the sea', totals: { ...someTotals, impressions: 400 } },
      { content: { type: 'reel', id: '7' }, title: null, totals: { ...noTotals, impressions: 100 } },
    ]),
  }
  dashboard = await openDashboard(collector)
  const rows = [...dashboard.page.querySelectorAll('#top tbody tr')]
  expect(rows[0]?.textContent).toContain('A walk by the sea')
  expect(rows[0]?.textContent).toContain('400')
  expect(rows[1]?.textContent).toContain('7')
  expect(rows.map((row) => row.querySelector<HTMLElement>('.bar')?.style.width)).toEqual(['100.00%', '25.00%'])
})

test('tells countries by name, with those that are not known as a row of their own', async () => {
  collector.answers['stats/breakdown/country'] = {
    body: { ...breakdown('country', [{ value: 'DE', count: 30 }]), none: 10, total: 40 },
  }
  dashboard = await openDashboard(collector)
  const rows = [...dashboard.page.querySelectorAll('#by-country tbody tr')].map((row) => row.textContent)
  expect(rows).toEqual([`${formats.country('DE')}30${formats.part(0.75)}`, `Not known10${formats.part(0.25)}`])
})

/** Addresses of a list's rows. */
const linksOf = (list: string) =>
  [...dashboard.page.querySelectorAll(`${list} tbody th a`)].map((link) => link.getAttribute('href'))

test('filters by a row of any list, and leads from a content to its page', async () => {
  dashboard = await openDashboard(collector, '?audience=anonymous')
  expect(linksOf('#top')).toEqual(['/?audience=anonymous&contentType=post&contentId=42'])
  expect(linksOf('#by-source')).toEqual(['/?audience=anonymous&source=one'])
  expect(linksOf('#by-referrer')).toEqual(['/?audience=anonymous&referrer=one'])
  expect(linksOf('#by-country')).toEqual(['/?audience=anonymous&country=one'])
  expect(linksOf('#by-device')).toEqual(['/?audience=anonymous&device=one'])
  const way = dashboard.page.querySelector('#top td.icon a')
  expect([way?.getAttribute('href'), way?.textContent]).toEqual([
    '/?page=content&audience=anonymous&type=post&id=42',
    'Open A walk by the sea→',
  ])
})

test('filters by events that told no value, and not by those that are no value: others and what is not kept', async () => {
  collector.answers['stats/breakdown/country'] = {
    body: { ...breakdown('country', [{ value: 'DE', count: 1 }]), none: 2, other: 3, untold: 4, total: 10 },
  }
  dashboard = await openDashboard(collector)
  expect(linksOf('#by-country')).toEqual(['/?country=DE', '/?country='])
  expect(dashboard.page.querySelectorAll('#by-country tbody tr')).toHaveLength(4)
})

test('asks everything with the filters of the URL, also about the period before', async () => {
  dashboard = await openDashboard(collector, '?country=DE&source=&contentType=post&contentId=42')
  const filters = { country: 'DE', source: '', contentType: 'post', contentId: '42' }
  const questions = collector.asked.filter(({ path }) => path.startsWith('stats/'))
  expect(questions.map(({ path }) => path)).toHaveLength(10)
  for (const { path, query } of questions) expect([path, query]).toEqual([path, { ...query, ...filters }])
  await dashboard.click('.tabs button', 'View types')
  await vi.waitFor(() => expect(collector.about('breakdown/viewType')).toMatchObject([filters]))
})

const chips = () =>
  [...dashboard.page.querySelectorAll('.chip')].map((chip) => chip.querySelector('.chip-text')?.textContent)

test('shows each filter by its name for people, and takes it away by a press', async () => {
  dashboard = await openDashboard(collector, '?country=DE&device=mobile&referrer=&contentType=page&contentId=%2Fabout')
  const named = ['Page: /about', 'Referrer: Direct or not told', `Country: ${formats.country('DE')}`, 'Device: Mobile']
  expect(chips()).toEqual(named)
  expect(dashboard.page.querySelector('[role=status]')?.textContent).toBe(`Filtered by ${named.join(', ')}`)
  await dashboard.click('.chip', 'Page')
  expect(window.location.search).toBe('?referrer=&country=DE&device=mobile')
  expect(collector.about('stats/site').at(-1)).not.toHaveProperty('contentId')
  await dashboard.click('.chips button', 'Clear filters')
  expect([window.location.search, chips()]).toEqual(['', []])
  expect(document.activeElement?.className).toBe('chips')
})

test('adds the row that is pressed to the filters, and takes it away when it is pressed again', async () => {
  dashboard = await openDashboard(collector, '?device=mobile')
  await dashboard.click('#by-country tbody a', 'one')
  expect(window.location.search).toBe('?device=mobile&country=one')
  const link = dashboard.page.querySelector('#by-country tbody a')
  expect([link?.getAttribute('aria-current'), link?.getAttribute('href')]).toEqual(['true', '/?device=mobile'])
  await dashboard.click('#by-country tbody a', 'one')
  expect(window.location.search).toBe('?device=mobile')
})

test('goes back to everything by Escape', async () => {
  dashboard = await openDashboard(collector, '?days=30&country=DE')
  await dashboard.press('Escape')
  expect([window.location.search, chips()]).toEqual(['?days=30', []])
})

test('leaves the filters behind on the way to another page', async () => {
  dashboard = await openDashboard(collector, '?country=DE')
  await dashboard.click('nav a', 'Content')
  expect(window.location.search).toBe('?page=content')
  expect(collector.asked.at(-1)?.query).not.toHaveProperty('country')
})

test('says from when on filtered numbers are counted, and compares with nothing that is not kept', async () => {
  const changes = { eventsFrom: '2025-03-05', filters: { country: 'DE' } }
  collector.answers.site = { body: siteStats(someTotals, changes) }
  dashboard = await openDashboard(collector, '?country=DE')
  const note = dashboard.page.querySelector('#totals .panel-head p')?.textContent
  expect(note).toContain(formats.days('2025-03-05', '2025-03-09'))
  expect(note).toContain(`kept from ${formats.shortDay('2025-03-05')} on: earlier days are not in them`)
  expect(collector.about('stats/site')).toHaveLength(1)
})

test('says what to do when no event matches, and shows everything again by a press', async () => {
  collector.answers.site = { body: siteStats(noTotals) }
  dashboard = await openDashboard(collector, '?country=DE&device=tablet')
  expect(dashboard.text()).toContain('No event of this period matches every filter')
  expect(dashboard.text()).not.toContain('Nothing was recorded')
  await dashboard.click('button', 'Without filters')
  expect(window.location.search).toBe('')
})

test('keeps the way out in sight when a filtered question is refused', async () => {
  const message = 'to must be 2025-03-05 or later, got 2025-03-01: only single events can answer this.'
  collector.answers.site = { status: 400, body: { error: { code: 'invalid_query', message } } }
  dashboard = await openDashboard(collector, '?country=DE')
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain(message)
  expect(chips()).toHaveLength(1)
})

test('names the filters in the name of a saved table', async () => {
  const names: string[] = []
  const press = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download)
  })
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:saved')
  vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  dashboard = await openDashboard(collector, '?device=mobile')
  for (const list of ['#top', '#by-country'])
    await act(() => dashboard.page.querySelector<HTMLElement>(`${list} .csv`)?.click())
  press.mockRestore()
  expect(names).toEqual([
    'sightline-top-content-2025-03-03-2025-03-09-Device-Mobile.csv',
    'sightline-countries-by-impressions-2025-03-03-2025-03-09-Device-Mobile.csv',
  ])
})

test('shows markup in a title as text', async () => {
  const title = '<img src=x onerror=alert(1)>'
  collector.answers.top = { body: topContent([{ content: { type: 'post', id: '1' }, title, totals: someTotals }]) }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('#top img')).toBeNull()
  expect(dashboard.text()).toContain(title)
})

test('asks for what the URL says', async () => {
  dashboard = await openDashboard(collector, '?days=30&audience=anonymous&by=clicks&compare=off')
  const range = { days: '30', audience: 'anonymous' }
  expect(collector.asked.map(({ path, query }) => [path, query])).toEqual([
    ['session', {}],
    ['stats/site', range],
    ['stats/series', range],
    ['stats/top', { ...range, by: 'clicks', limit: '10' }],
    ['stats/top', { ...range, by: 'pageViews', limit: '10' }],
    ['stats/breakdown/source', { ...range, type: 'click' }],
    ['stats/breakdown/referrer', { ...range, type: 'page_view' }],
    ['stats/breakdown/country', { ...range, type: 'click' }],
    ['stats/breakdown/device', { ...range, type: 'click' }],
  ])
})

test('asks for two days of the reader’s own', async () => {
  dashboard = await openDashboard(collector, '?from=2025-03-03&to=2025-03-09')
  expect(collector.about('stats/series')[0]).toEqual({ from: '2025-03-03', to: '2025-03-09', audience: 'all' })
})

test('shows the week around today, and says so, when only today is asked for', async () => {
  collector.answers.site = { body: siteStats(someTotals, { from: '2025-03-09' }) }
  dashboard = await openDashboard(collector, '?days=1')
  expect(collector.about('stats/site')[0]?.days).toBe('1')
  expect(collector.about('stats/series').at(-1)).toEqual({ from: '2025-03-03', to: '2025-03-09', audience: 'all' })
  expect(dashboard.text()).toContain('for comparison')
})

test('writes a change of the period into the URL and asks again', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('.choices label', '30 days')
  expect(window.location.search).toBe('?days=30')
  expect(collector.about('stats/top').at(-1)?.days).toBe('30')
})

test('follows the back button', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('.choices label', 'Signed in')
  window.history.replaceState(null, '', '/')
  window.dispatchEvent(new PopStateEvent('popstate'))
  await vi.waitFor(() => expect(collector.about('stats/top').at(-1)?.audience).toBe('all'))
  await settle(dashboard.page)
  expect(dashboard.page.querySelector<HTMLInputElement>('input[value=all]')?.checked).toBe(true)
})

test.each([
  ['d', '?days=1'],
  ['m', '?days=30'],
  ['q', '?days=90'],
  ['a', '?audience=authenticated'],
  ['x', '?compare=off'],
  ['ArrowLeft', '?from=2025-02-24&to=2025-03-02'],
])('goes by the key %s to %s', async (key, address) => {
  dashboard = await openDashboard(collector)
  await dashboard.press(key)
  expect(window.location.search).toBe(address)
})

test('steps back by the key and forth again to today', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.press('ArrowLeft')
  collector.answers.site = { body: siteStats(someTotals, { from: '2025-02-24', to: '2025-03-02' }) }
  await dashboard.press('r')
  await dashboard.press('ArrowRight')
  expect(window.location.search).toBe('')
})

test('steps back by the period that was chosen last, though its numbers are still on their way', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.press('q')
  await dashboard.press('ArrowLeft')
  expect(window.location.search).toBe('?from=2024-09-11&to=2024-12-09')
  await dashboard.press('ArrowRight')
  expect(window.location.search).toBe('?days=90')
})

test('says what to do when nothing was recorded', async () => {
  collector.answers.site = { body: siteStats(noTotals) }
  collector.answers.top = { body: topContent([]) }
  dashboard = await openDashboard(collector)
  expect(dashboard.text()).toContain('Nothing was recorded in this period')
  expect(dashboard.text()).toContain('/sightline.js')
  expect(dashboard.card('Average view')).toBe('–')
})

test('does not call a period empty that has custom events', async () => {
  collector.answers.site = { body: siteStats({ ...noTotals, custom: { signup: 1 } }) }
  dashboard = await openDashboard(collector)
  expect(dashboard.text()).not.toContain('Nothing was recorded')
})

test('says that the collector cannot be reached, and tries again on request', async () => {
  const healthy = collector.answers.site!
  collector.answers.site = 'unreachable'
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('cannot be reached')
  collector.answers.site = healthy
  await dashboard.click('button', 'Try again')
  expect(dashboard.page.querySelector('[role=alert]')).toBeNull()
  expect(dashboard.card('Clicks')).toBe('543')
})

test('repeats the sentence with which the collector refuses', async () => {
  const message = 'The database did not confirm in time.'
  collector.answers.series = { status: 503, body: { error: { code: 'unavailable', message } } }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain(message)
})

test('keeps the last numbers on screen when a refresh fails', async () => {
  dashboard = await openDashboard(collector)
  collector.answers.top = 'unreachable'
  await dashboard.click('button', 'Refresh')
  expect(dashboard.page.querySelector('[role=alert]')).not.toBeNull()
  expect(dashboard.card('Clicks')).toBe('543')
})

test('names the zone whose days are counted, and from when numbers are kept', async () => {
  collector.answers.series = { body: { ...siteSeries(), timezone: 'Asia/Kathmandu' } }
  collector.answers.site = { body: { ...siteStats(someTotals), ...provenance, keptFrom: '2025-03-05' } }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('#series-title')?.parentElement?.textContent).toContain('Asia/Kathmandu')
  expect(dashboard.text()).toContain(`before ${formats.shortDay('2025-03-05')} are not kept`)
})

test('takes what the collector has kept, and asks anew only for whoever wants fresh numbers', async () => {
  dashboard = await openDashboard(collector)
  expect(collector.asked.some(({ isFresh }) => isFresh)).toBe(false)
  collector.asked.length = 0
  await dashboard.click('button', 'Refresh')
  expect(collector.asked.every(({ isFresh }) => isFresh)).toBe(true)
  collector.asked.length = 0
  await dashboard.click('.choices label', '30 days')
  expect(collector.asked.some(({ isFresh }) => isFresh)).toBe(false)
})

test('offers the days on screen to whoever wants others', async () => {
  dashboard = await openDashboard(collector)
  const details = dashboard.page.querySelector<HTMLDetailsElement>('.dates')!
  await act(() => {
    details.open = true
    details.dispatchEvent(new Event('toggle'))
  })
  const [from, to] = [...dashboard.page.querySelectorAll<HTMLInputElement>('.dates input')]
  expect([from?.value, to?.value]).toEqual(['2025-03-03', '2025-03-09'])
  await act(() => {
    from!.value = '2025-03-05'
    from!.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => {
    details.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
  await settle(dashboard.page)
  expect(window.location.search).toBe('?from=2025-03-05&to=2025-03-09')
  expect(details.open).toBe(false)
})

test('asks for view types and channels when somebody looks at them, of the same days', async () => {
  dashboard = await openDashboard(collector, '?days=30&by=views')
  expect(collector.about('breakdown/viewType')).toEqual([])
  await dashboard.click('.tabs button', 'View types')
  await vi.waitFor(() => expect(dashboard.page.querySelector('#by-source tbody th')?.textContent).toBe('one'))
  await dashboard.click('.choices label', '7 days')
  await vi.waitFor(() =>
    expect(collector.about('breakdown/viewType')).toEqual([
      { days: '30', audience: 'all', type: 'view' },
      { days: '7', audience: 'all', type: 'view' },
    ]),
  )
})
