// The life of one observation, in a tree that renders, moves, hides and unmounts.
import { act, cleanup, render } from '@testing-library/react'
import { StrictMode, Suspense } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TrackerProvider, useImpression } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))
afterEach(cleanup)

function Card({ id, position, threshold }: { id: string | number; position?: number; threshold?: number }) {
  const ref = useImpression(
    { content: { type: 'post', id }, position },
    threshold === undefined ? undefined : { threshold },
  )
  return <article ref={ref}>{id}</article>
}

function Shaped({ as }: { as: 'article' | 'section' | 'nothing' }) {
  const ref = useImpression({ content: { type: 'post', id: '1' } })
  if (as === 'nothing') return null
  return as === 'section' ? <section ref={ref} /> : <article ref={ref} />
}

const inFeed = (children: React.ReactNode, tracker = fake.tracker) => (
  <TrackerProvider tracker={tracker}>{children}</TrackerProvider>
)

test('observes the element that the ref is given to', () => {
  const { container } = render(inFeed(<Card id="1" position={3} />))
  expect(fake.watched()).toEqual(['post:1@3'])
  expect(fake.elements()).toEqual([container.querySelector('article')])
})

test('stops when the component unmounts', () => {
  render(inFeed(<Card id="1" />)).unmount()
  expect(fake.watched()).toEqual([])
})

test('keeps one observation in StrictMode, which mounts twice', () => {
  render(<StrictMode>{inFeed(<Card id="1" />)}</StrictMode>)
  expect(fake.watched()).toEqual(['post:1'])
})

test('leaves nothing observed when a StrictMode tree unmounts', () => {
  render(<StrictMode>{inFeed(<Card id="1" />)}</StrictMode>).unmount()
  expect(fake.watched()).toEqual([])
})

test('observes an element from the moment it appears until it goes', () => {
  const { rerender } = render(inFeed(<Shaped as="nothing" />))
  expect(fake.watched()).toEqual([])
  rerender(inFeed(<Shaped as="article" />))
  expect(fake.watched()).toEqual(['post:1'])
  rerender(inFeed(<Shaped as="nothing" />))
  expect(fake.watched()).toEqual([])
})

test('moves to the new element when another tag is rendered', () => {
  const { container, rerender } = render(inFeed(<Shaped as="article" />))
  rerender(inFeed(<Shaped as="section" />))
  expect(fake.elements()).toEqual([container.querySelector('section')])
})

test('reads a changed position when an event is made, without observing again', () => {
  const { rerender } = render(inFeed(<Card id="1" position={0} />))
  rerender(inFeed(<Card id="1" position={7} />))
  expect(fake.watched()).toEqual(['post:1@7'])
  expect(fake.observe).toHaveBeenCalledTimes(1)
})

test('takes 42 and "42" for the same content', () => {
  const { rerender } = render(inFeed(<Card id={42} />))
  rerender(inFeed(<Card id="42" />))
  expect(fake.observe).toHaveBeenCalledTimes(1)
})

test('starts anew when the element shows another content', () => {
  const { rerender } = render(inFeed(<Card id="1" />))
  rerender(inFeed(<Card id="2" />))
  expect(fake.watched()).toEqual(['post:2'])
  expect(fake.observe).toHaveBeenCalledTimes(2)
})

test('ends the previous content with its own position, not with the next one', () => {
  const { rerender } = render(inFeed(<Card id="1" position={1} />))
  const read = fake.observe.mock.calls[0]![1] as () => { content: { id: string } }
  rerender(inFeed(<Card id="2" position={9} />))
  expect(fake.ended()).toEqual(['post:1@1'])
  expect(read().content.id).toBe('1')
})

test('starts anew with another tracker', () => {
  const other = createFakeTracker()
  const { rerender } = render(inFeed(<Card id="1" />))
  rerender(inFeed(<Card id="1" />, other.tracker))
  expect([fake.watched(), other.watched()]).toEqual([[], ['post:1']])
})

const feed = (ids: string[]) => inFeed(ids.map((id, position) => <Card key={id} id={id} position={position} />))

describe('options', () => {
  test('reach the tracker', () => {
    render(inFeed(<Card id="1" threshold={0.8} />))
    expect(fake.options()).toEqual([{ threshold: 0.8 }])
  })

  test('written out on every render are the same options', () => {
    const { rerender } = render(inFeed(<Card id="1" threshold={0.8} />))
    rerender(inFeed(<Card id="1" threshold={0.8} />))
    expect(fake.observe).toHaveBeenCalledTimes(1)
  })

  test('that changed start anew', () => {
    const { rerender } = render(inFeed(<Card id="1" threshold={0.8} />))
    rerender(inFeed(<Card id="1" threshold={0.3} />))
    expect(fake.options()).toEqual([{ threshold: 0.3 }])
  })
})

describe('a keyed list', () => {
  test('keeps its observations when the order changes, and reads the new positions', () => {
    const { rerender } = render(feed(['1', '2', '3']))
    rerender(feed(['3', '1', '2']))
    expect(fake.observe).toHaveBeenCalledTimes(3)
    expect(fake.watched()).toEqual(['post:1@1', 'post:2@2', 'post:3@0'])
  })

  test('stops only what was removed', () => {
    const { rerender } = render(feed(['1', '2', '3']))
    rerender(feed(['1', '3']))
    expect(fake.watched()).toEqual(['post:1@0', 'post:3@1'])
    expect(fake.observe).toHaveBeenCalledTimes(3)
  })
})

test('causes no render, not even when its subject changes', () => {
  let renders = 0
  function Counted({ position }: { position: number }) {
    renders++
    const ref = useImpression({ content: { type: 'post', id: '1' }, position })
    return <article ref={ref} />
  }
  const { rerender } = render(inFeed(<Counted position={0} />))
  expect(renders).toBe(1)
  rerender(inFeed(<Counted position={1} />))
  expect(renders).toBe(2)
})

test('observes nothing while the element waits in Suspense, and observes it once afterwards', async () => {
  let ready = false
  let arrive: (() => void) | undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  function Late() {
    if (!ready) throw arrived
    return <Card id="1" />
  }
  render(inFeed(<Suspense fallback="…">{<Late />}</Suspense>))
  expect(fake.watched()).toEqual([])
  ready = true
  await act(async () => arrive?.())
  expect(fake.watched()).toEqual(['post:1'])
})

test('says how to repair a tree without a provider', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => render(<Card id="1" />)).toThrow(
    'useTracker() found no tracker: wrap the tree in <TrackerProvider tracker={tracker}>.',
  )
  vi.restoreAllMocks()
})
