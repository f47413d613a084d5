// The demo makes the answers of the first page beforehand; that helps only while it asks what the page asks.
import { afterEach, expect, test, vi } from 'vitest'
import { firstPageQuestions } from '../../collector/src/demo/first-page'
import { createFakeCollector, openDashboard } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

const questionOf = (path: string, query: Record<string, string>) =>
  `${path.replace('stats/', '')} ${JSON.stringify(Object.entries(query).toSorted())}`

let dashboard: Awaited<ReturnType<typeof openDashboard>>
afterEach(() => dashboard.close())

test('the demo prepares every question of the first page, and no other', async () => {
  const collector = createFakeCollector()
  dashboard = await openDashboard(collector)
  const asked = collector.asked
    .filter(({ path, query }) => path.startsWith('stats/') && query.days !== undefined)
    .map(({ path, query }) => questionOf(path, query))
  const prepared = firstPageQuestions.map((question) => {
    const { pathname, searchParams } = new URL(question, 'http://site.test/stats/')
    return questionOf(pathname.slice('/stats/'.length), Object.fromEntries(searchParams))
  })
  expect(asked.toSorted()).toEqual(prepared.toSorted())
})
