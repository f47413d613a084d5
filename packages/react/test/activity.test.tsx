// What an Activity keeps and does not show is not on screen, and comes back as the same content. React 19 only.
import { act, cleanup, render } from '@testing-library/react'
import type { Tracker } from '@sightline/sdk'
import { Activity, StrictMode } from 'react'
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

const behind = (mode: 'visible' | 'hidden', position = 0) =>
  inPage(
    <Activity mode={mode}>
      <Card id="1" position={position} />
    </Activity>,
  )

test('does not observe what an Activity renders ahead, in hiding', async () => {
  const { container, rerender } = render(behind('hidden'))
  await pass(100)
  expect(container.querySelectorAll('article')).toHaveLength(1)
  expect(watched()).toEqual([])
  rerender(behind('visible'))
  expect(watched()).toEqual([container.querySelector('article')])
})

test('ends the view when an Activity hides the card, and counts no second impression when it comes back', async () => {
  const { container, rerender } = render(behind('visible', 4))
  show(container)
  await pass(2_000)
  rerender(behind('hidden', 4))
  await pass(5_000)
  expect(await recorded()).toEqual(['impression 1@4', 'view 1@4'])
  expect(watched()).toEqual([])

  rerender(behind('visible', 6))
  show(container)
  await pass(2_000)
  rerender(behind('hidden', 6))
  await pass(100)
  expect(await recorded()).toEqual(['impression 1@4', 'view 1@4', 'view 1@6'])
})
