// @vitest-environment node
// On a server: the same markup, nothing observed, nothing said.
import { version } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { Impression, TrackerProvider, useImpression } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

afterEach(() => void vi.restoreAllMocks())

function Card() {
  return <article ref={useImpression({ content: { type: 'post', id: '1' } })}>Hello</article>
}

test('renders on a server without a warning and observes nothing', () => {
  const error = vi.spyOn(console, 'error')
  const fake = createFakeTracker()
  const html = renderToString(
    <TrackerProvider tracker={fake.tracker}>
      <Card />
      <Impression content={{ type: 'post', id: '2' }} as="li" />
    </TrackerProvider>,
  )
  expect(html).toBe('<article>Hello</article><li></li>')
  expect(fake.observe).not.toHaveBeenCalled()
  expect(error).not.toHaveBeenCalled()
})

test('runs on the version of React that this project names', () => {
  expect(version.startsWith(process.env.REACT_VERSION ?? 'missing')).toBe(true)
})
