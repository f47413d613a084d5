// The adapter on the real SDK: what a visit of a React page records.
import { act, cleanup, render } from '@testing-library/react'
import { createTracker, type Tracker } from '@sightline/sdk'
import { StrictMode } from 'react'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { liveObservers } from '../../sdk/test/support/fake-observer'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { TrackerProvider, useImpression, useTracker } from '../src/index'

// React's first root listens to selections on the document for good; that is not a leak of ours.
beforeAll(() => render(<i />).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
afterEach(cleanup)

function Card({ id, position }: { id: string; position?: number }) {
  return <article ref={useImpression({ content: { type: 'post', id }, source: 'feed', position })} />
}

const inFeed = (children: React.ReactNode) => (
  <StrictMode>
    <TrackerProvider tracker={tracker}>{children}</TrackerProvider>
  </StrictMode>
)

const pass = (ms: number) => act(() => fake.page.advance(ms))
const watched = () => liveObservers().flatMap(({ targets }) => [...targets.keys()])

/** What has been recorded so far: `impression 42@3` is about content 42 at position 3. */
async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position }) => `${type} ${content?.id}@${position}`)
}

test('records one impression of a card that was seen for a second, in StrictMode', async () => {
  const { container } = render(inFeed(<Card id="1" position={3} />))
  fake.page.show(container.querySelector('article')!)
  await pass(2_000)
  expect(await recorded()).toEqual(['impression 1@3'])
  expect(watched()).toEqual([container.querySelector('article')])
})

test('goes on counting the same second when the card moves to a new element', async () => {
  const { container, rerender } = render(inFeed(<Card key="a" id="1" />))
  fake.page.show(container.querySelector('article')!)
  await pass(700)
  rerender(inFeed(<Card key="b" id="1" />))
  fake.page.show(container.querySelector('article')!)
  await pass(400)
  expect(await recorded()).toEqual(['impression 1@undefined'])
})

test('says the position that the card has when it is counted', async () => {
  const { container, rerender } = render(inFeed(<Card id="1" position={0} />))
  fake.page.show(container.querySelector('article')!)
  await pass(500)
  rerender(inFeed(<Card id="1" position={8} />))
  await pass(1_500)
  expect(await recorded()).toEqual(['impression 1@8'])
})

test('ends the view of the first content as itself when its element shows the next one', async () => {
  const { container, rerender } = render(inFeed(<Card id="1" position={1} />))
  fake.page.show(container.querySelector('article')!)
  await pass(2_000)
  rerender(inFeed(<Card id="2" position={9} />))
  await pass(2_000)
  expect(await recorded()).toEqual(['impression 1@1', 'view 1@1', 'impression 2@9'])
})

test('ends the view and leaves nothing observed when the card unmounts', async () => {
  const { container, unmount } = render(inFeed(<Card id="1" position={0} />))
  fake.page.show(container.querySelector('article')!)
  await pass(2_000)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0'])
  expect(watched()).toEqual([])
})

test('types the metadata of custom events, also of a tracker that was made for them', () => {
  type Events = { signup: { plan: string } }
  const typed = createTracker<Events>({ endpoint: 'https://collect.test', consent: 'pending', autoPage: false })
  function Form() {
    const own = useTracker<Events>()
    own.track('signup', { metadata: { plan: 'pro' } })
    // @ts-expect-error a plan is a text
    own.track('signup', { metadata: { plan: 1 } })
    return null
  }
  render(
    <TrackerProvider tracker={typed}>
      <Form />
    </TrackerProvider>,
  )
  expect(typed.stats().recorded).toBe(2)
  typed.close()
})
