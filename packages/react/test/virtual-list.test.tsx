// A list of a thousand posts of which a dozen are mounted, by @tanstack/react-virtual: whichever node shows a post, the
// post is what was seen.
import { act, cleanup, render } from '@testing-library/react'
import type { Tracker } from '@sightline/sdk'
import { useVirtualizer } from '@tanstack/react-virtual'
import { StrictMode, useRef } from 'react'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { liveObservers } from '../../sdk/test/support/fake-observer'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { TrackerProvider, useImpression } from '../src/index'

// React's first root listens to selections on the document for good; that is not a leak of ours.
beforeAll(() => render(<i />).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
afterEach(cleanup)

const CARD_PX = 200
const SLOTS = 20
let scrollTo = (_topPx: number) => {}
let renders = 0

function Card({ index, topPx }: { index: number; topPx: number }) {
  const ref = useImpression({ content: { type: 'post', id: index }, position: index })
  return <article ref={ref} data-top={topPx} />
}

function List({ reusesNodes }: { reusesNodes: boolean }) {
  renders++
  const box = useRef<HTMLDivElement>(null)
  const list = useVirtualizer<HTMLDivElement, Element>({
    count: 1_000,
    getScrollElement: () => box.current,
    estimateSize: () => CARD_PX,
    // A fixed set of nodes, each of which shows whatever post comes by: what list libraries call recycling.
    getItemKey: (index) => (reusesNodes ? index % SLOTS : index),
    overscan: 2,
    // There is no layout here: the test is the one who scrolls.
    observeElementRect: (_, measured) => measured({ width: 1_000, height: 800 }),
    observeElementOffset(_, scrolled) {
      scrolled(0, false)
      scrollTo = (topPx) => scrolled(topPx, false)
    },
  })
  return (
    <div ref={box}>
      {list.getVirtualItems().map(({ key, index, start }) => (
        <Card key={String(key)} index={index} topPx={start} />
      ))}
    </div>
  )
}

async function visit(reusesNodes: boolean) {
  const page = render(
    <StrictMode>
      <TrackerProvider tracker={tracker}>
        <List reusesNodes={reusesNodes} />
      </TrackerProvider>
    </StrictMode>,
  )
  const cards = () => [...page.container.querySelectorAll('article')]
  const place = (topPx: number) => {
    for (const card of cards()) fake.page.place(card, { top: Number(card.dataset.top) - topPx, height: CARD_PX })
  }
  place(0)
  return {
    ...page,
    cards,
    async scroll(topPx: number) {
      await act(async () => scrollTo(topPx))
      place(topPx)
    },
    async pass(ms: number) {
      await act(() => fake.page.advance(ms))
    },
  }
}

async function recorded(type: string) {
  await tracker.flush()
  return fake.page.sent
    .filter((event) => event.type === type)
    .map(({ content, position }) => `${content?.id}@${position}`)
}

const named = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}@${from + i}`)
const watched = () => liveObservers().flatMap(({ targets }) => [...targets.keys()])

describe.each([
  ['nodes of its own for every post', false],
  ['nodes that are reused for other posts', true],
])('a virtual list with %s', (_, reusesNodes) => {
  test('counts what stayed on screen for a second, and nothing that was scrolled past', async () => {
    const list = await visit(reusesNodes)
    await list.pass(1_100)
    for (let topPx = 800; topPx < 40_000; topPx += 800) {
      await list.scroll(topPx)
      await list.pass(50)
    }
    await list.scroll(40_000)
    await list.pass(1_100)
    expect(await recorded('impression')).toEqual([...named(0, 3), ...named(200, 203)])
  })

  test('ends every view as the post and position that it began with', async () => {
    const list = await visit(reusesNodes)
    await list.pass(1_100)
    await list.scroll(40_000)
    await list.pass(1_100)
    list.unmount()
    await list.pass(100)
    expect(new Set(await recorded('view'))).toEqual(new Set([...named(0, 3), ...named(200, 203)]))
    expect(await recorded('view')).toHaveLength(8)
  })

  test('gives a post its second anew after it was scrolled away', async () => {
    const list = await visit(reusesNodes)
    await list.pass(700)
    await list.scroll(SLOTS * CARD_PX)
    await list.pass(700)
    await list.scroll(0)
    await list.pass(900)
    expect(await recorded('impression')).toEqual([])
    await list.pass(200)
    expect(await recorded('impression')).toEqual(named(0, 3))
  })

  test('observes what is mounted, and nothing after it is gone', async () => {
    const list = await visit(reusesNodes)
    await list.scroll(40_000)
    await list.pass(100)
    expect(new Set(watched())).toEqual(new Set(list.cards()))
    list.unmount()
    await list.pass(100)
    expect(watched()).toEqual([])
  })
})

test('a virtual list that reuses nodes really does: the next posts come on the elements of the first', async () => {
  const list = await visit(true)
  const [first] = list.cards()
  await list.scroll(SLOTS * CARD_PX)
  expect(list.cards()).toContain(first)
})

test('renders as often as without being observed', async () => {
  const list = await visit(false)
  await list.pass(100)
  renders = 0
  await list.pass(3_000)
  expect(await recorded('impression')).toHaveLength(4)
  expect(renders).toBe(0)
})
