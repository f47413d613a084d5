// What Suspense hides again is not on screen, and comes back as the same content.
import { act, cleanup, render } from '@testing-library/react'
import type { Tracker } from '@sightline/sdk'
import { StrictMode, Suspense } from 'react'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { liveObservers } from '../../sdk/test/support/fake-observer'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { TrackerProvider, useImpression } from '../src/index'

// React's first root listens to selections on the document for good; that is not a leak of ours.
beforeAll(() => render(<i />).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
afterEach(cleanup)

function Card({ id, position }: { id: string; position: number }) {
  return <article ref={useImpression({ content: { type: 'post', id }, position })} />
}

const pass = (ms: number) => act(() => fake.page.advance(ms))
const watched = () => liveObservers().flatMap(({ targets }) => [...targets.keys()])
const show = (within: Element) => {
  for (const card of within.querySelectorAll('article')) fake.page.show(card)
}

async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position }) => `${type} ${content?.id}@${position}`)
}

const inPage = (children: React.ReactNode) => (
  <StrictMode>
    <TrackerProvider tracker={tracker}>{children}</TrackerProvider>
  </StrictMode>
)

let isWaiting = false
let arrive = () => {}
let data = new Promise<void>(() => {})
function Waiting() {
  if (isWaiting) throw data
  return null
}

const suspended = (position: number) =>
  inPage(
    <Suspense fallback="…">
      <Card id="1" position={position} />
      <Waiting />
    </Suspense>,
  )

test('ends the view of a card that Suspense hides again, and begins another when it is shown', async () => {
  isWaiting = false
  const { container, rerender } = render(suspended(0))
  show(container)
  await pass(2_000)

  isWaiting = true
  data = new Promise((resolve) => (arrive = resolve))
  rerender(suspended(1))
  await pass(3_000)
  expect(watched()).toEqual([])
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0'])

  isWaiting = false
  await act(async () => arrive())
  show(container)
  await pass(2_000)
  cleanup()
  await pass(100)
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0', 'view 1@1'])
  expect(fake.page.sent.at(-1)!.durationMs).toBeLessThanOrEqual(2_000)
})
