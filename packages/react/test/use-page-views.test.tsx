// Page views that a router's component counts: one for each page, whatever React does to the effects.
import { act, cleanup, render } from '@testing-library/react'
import { StrictMode, Suspense } from 'react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'
import { TrackerProvider, usePageViews } from '../src/index'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))
afterEach(cleanup)

let renders = 0
function Layout({ page, children }: { page: string | null | undefined; children?: React.ReactNode }) {
  renders++
  usePageViews(page, { metadata: { page } })
  return children
}

const at = (page: string | null | undefined, tracker = fake.tracker) => (
  <StrictMode>
    <TrackerProvider tracker={tracker}>
      <Layout page={page} />
    </TrackerProvider>
  </StrictMode>
)

const counted = (tracker = fake.tracker) => tracker.page.mock.calls.map(([fields]) => fields?.metadata)

test('counts the first page once in StrictMode, which runs effects twice', () => {
  render(at('/feed'))
  expect(counted()).toEqual([{ page: '/feed' }])
})

test('counts every change of the page, also back to an earlier one', () => {
  const { rerender } = render(at('/feed'))
  rerender(at('/posts/1'))
  rerender(at('/feed'))
  expect(counted()).toEqual([{ page: '/feed' }, { page: '/posts/1' }, { page: '/feed' }])
})

test('counts nothing when the same page is rendered again', () => {
  const { rerender } = render(at('/feed'))
  rerender(at('/feed'))
  expect(counted()).toHaveLength(1)
})

test.each([null, undefined])('waits while the page is %s', (unknown) => {
  const { rerender } = render(at(unknown))
  expect(counted()).toEqual([])
  rerender(at('/feed'))
  expect(counted()).toEqual([{ page: '/feed' }])
})

test('counts the page again for another tracker', () => {
  const other = createFakeTracker()
  const { rerender } = render(at('/feed'))
  rerender(at('/feed', other.tracker))
  expect(counted(other.tracker)).toEqual([{ page: '/feed' }])
  expect(counted()).toHaveLength(1)
})

test('counts a page once although its content waits in Suspense', async () => {
  let arrive: (() => void) | undefined
  let isThere = false
  const data = new Promise<void>((resolve) => (arrive = resolve))
  function Late() {
    if (!isThere) throw data
    return 'Here'
  }
  const { container } = render(
    <TrackerProvider tracker={fake.tracker}>
      <Layout page="/feed">
        <Suspense fallback="…">
          <Late />
        </Suspense>
      </Layout>
    </TrackerProvider>,
  )
  isThere = true
  await act(async () => arrive?.())
  expect(container.textContent).toBe('Here')
  expect(counted()).toHaveLength(1)
})

test('causes no render', () => {
  renders = 0
  render(
    <TrackerProvider tracker={fake.tracker}>
      <Layout page="/feed" />
    </TrackerProvider>,
  )
  expect(renders).toBe(1)
})
