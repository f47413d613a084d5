// The component: an element of the wished kind that is observed while it is mounted.
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Impression, TrackerProvider } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))
afterEach(cleanup)

const content = { type: 'post', id: '1' }
const inFeed = (child: React.ReactNode) => <TrackerProvider tracker={fake.tracker}>{child}</TrackerProvider>

test('renders the wished tag with its attributes and children', () => {
  const { container } = render(
    inFeed(
      <Impression content={content} source="feed" position={3} as="article" className="card" aria-label="Post">
        Hello
      </Impression>,
    ),
  )
  expect(container.innerHTML).toBe('<article class="card" aria-label="Post">Hello</article>')
})

test('renders a div when no tag is named', () => {
  const { container } = render(inFeed(<Impression content={content} />))
  expect(container.innerHTML).toBe('<div></div>')
})

test('observes its element as the subject it was given', () => {
  const { container } = render(inFeed(<Impression content={content} position={3} options={{ threshold: 0.9 }} />))
  expect(fake.watched()).toEqual(['post:1@3'])
  expect(fake.elements()).toEqual([container.firstElementChild])
  expect(fake.options()).toEqual([{ threshold: 0.9 }])
})

test('offers only the attributes of its tag', () => {
  render(inFeed(<Impression content={content} as="a" href="/posts/1" />))
  // @ts-expect-error an article has no href
  render(inFeed(<Impression content={content} as="article" href="/posts/1" />))
  // @ts-expect-error what is seen must be named
  expect(() => <Impression as="article" />).not.toThrow()
})
