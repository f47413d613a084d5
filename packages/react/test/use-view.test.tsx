// The page of one content: opened on purpose, so it counts at once and is called intentional.
import { act, cleanup, render } from '@testing-library/react'
import type { Subject, Tracker } from '@sightline/sdk'
import { StrictMode } from 'react'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { TrackerProvider, useImpression, useView } from '../src/index'

// React's first root listens to selections on the document for good; that is not a leak of ours.
beforeAll(() => render(<i />).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
afterEach(cleanup)

const post = { content: { type: 'post', id: '1' } }

function Detail({ subject = post, minDurationMs }: { subject?: Subject; minDurationMs?: number }) {
  return <main ref={useView(subject, minDurationMs === undefined ? undefined : { minDurationMs })} />
}
function Card() {
  return <article ref={useImpression({ ...post, source: 'feed' })} />
}

const inPage = (children: React.ReactNode) => (
  <StrictMode>
    <TrackerProvider tracker={tracker}>{children}</TrackerProvider>
  </StrictMode>
)
const pass = (ms: number) => act(() => fake.page.advance(ms))

async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, viewType, endReason }) => [type, viewType, endReason].filter(Boolean).join(' '))
}

test('records a view of what was opened for a moment, with a sliver of it on screen', async () => {
  const { container, unmount } = render(inPage(<Detail />))
  fake.page.show(container.querySelector('main')!, 0.05)
  await pass(200)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['impression intentional', 'view intentional removed'])
  expect(fake.page.sent[1]!.durationMs).toBeGreaterThan(150)
  expect(fake.page.sent[1]!.durationMs).toBeLessThanOrEqual(200)
})

test('ends the view while the page is hidden, and begins another when it is back', async () => {
  const { container, unmount } = render(inPage(<Detail />))
  fake.page.show(container.querySelector('main')!)
  await pass(300)
  fake.page.hide()
  await pass(60_000)
  fake.page.unhide()
  await pass(300)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['impression intentional', 'view intentional hidden', 'view intentional removed'])
})

test('does not count what was seen in the feed a second time, and records how long its page was open', async () => {
  const { container, rerender } = render(inPage(<Card key="card" />))
  fake.page.show(container.querySelector('article')!)
  await pass(1_500)
  rerender(inPage(<Detail key="detail" />))
  fake.page.show(container.querySelector('main')!)
  await pass(5_000)
  cleanup()
  await pass(100)
  const types = fake.page.sent.map(({ type }) => type)
  expect(types.filter((type) => type === 'impression')).toHaveLength(1)
})

test('keeps what the caller says of it', async () => {
  const { container } = render(
    inPage(<Detail subject={{ ...post, viewType: 'widget', source: 'embed' }} minDurationMs={500} />),
  )
  fake.page.show(container.querySelector('main')!)
  await pass(400)
  expect(await recorded()).toEqual([])
  await pass(200)
  expect(await recorded()).toEqual(['impression widget'])
  expect(fake.page.sent[0]!.source).toBe('embed')
})
