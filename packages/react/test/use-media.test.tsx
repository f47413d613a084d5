// Watch time of media in a tree that renders, reuses its nodes and unmounts.
import { act, cleanup, render } from '@testing-library/react'
import type { Tracker } from '@sightline/sdk'
import { StrictMode } from 'react'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { pause, play } from '../../sdk/test/support/playing-element'
import { TrackerProvider, useImpression, useMedia } from '../src/index'

// React's first root listens to selections on the document for good; that is not a leak of ours.
beforeAll(() => render(<i />).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
afterEach(cleanup)

let renders = 0
function Reel({ id, position, threshold }: { id: string; position?: number; threshold?: number }) {
  renders++
  const subject = { content: { type: 'reel', id }, source: 'reels', position }
  return <video ref={useMedia(subject, threshold === undefined ? undefined : { threshold })} />
}

const inPage = (children: React.ReactNode) => (
  <StrictMode>
    <TrackerProvider tracker={tracker}>{children}</TrackerProvider>
  </StrictMode>
)
const pass = (ms: number) => act(() => fake.page.advance(ms))

async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position, durationMs }) => {
    const seconds = durationMs === undefined ? '' : ` ${(durationMs / 1_000).toFixed(1)} s`
    return `${type} ${content?.id}@${position}${seconds}`
  })
}

test('records one watch of a reel that was scrolled away, in StrictMode', async () => {
  const { container } = render(inPage(<Reel id="1" position={3} />))
  const video = container.querySelector('video')!
  fake.page.show(video)
  await pass(100)
  play(video)
  await pass(4_000)
  fake.page.leave(video)
  await pass(1_000)
  expect(await recorded()).toEqual(['watch 1@3 4.0 s'])
})

test('counts only the time that it was playing', async () => {
  const { container, unmount } = render(inPage(<Reel id="1" position={3} />))
  const video = container.querySelector('video')!
  fake.page.show(video)
  await pass(100)
  play(video)
  await pass(2_000)
  pause(video)
  await pass(5_000)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['watch 1@3 2.0 s'])
})

test('goes on with the same watch over renders, and says the position of its end', async () => {
  const { container, rerender, unmount } = render(inPage(<Reel id="1" position={3} />))
  const video = container.querySelector('video')!
  fake.page.show(video)
  await pass(100)
  play(video)
  await pass(1_000)
  rerender(inPage(<Reel id="1" position={9} />))
  await pass(1_000)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['watch 1@9 2.0 s'])
})

test('ends the watch of the first reel as itself when its element plays the next one', async () => {
  const { container, rerender, unmount } = render(inPage(<Reel id="1" position={1} />))
  const video = container.querySelector('video')!
  fake.page.show(video)
  await pass(100)
  play(video)
  await pass(1_000)
  rerender(inPage(<Reel id="2" position={2} />))
  play(video)
  await pass(3_000)
  unmount()
  await pass(100)
  expect(await recorded()).toEqual(['watch 1@1 1.0 s', expect.stringMatching(/^watch 2@2 (2\.9|3\.0) s$/)])
})

test('asks for as much of the media as its threshold says', async () => {
  const { container } = render(inPage(<Reel id="1" threshold={0.9} />))
  const video = container.querySelector('video')!
  fake.page.show(video, 0.6)
  await pass(100)
  play(video)
  await pass(2_000)
  fake.page.leave(video)
  await pass(1_000)
  expect(await recorded()).toEqual([])
})

function Song() {
  const subject = { content: { type: 'song', id: '7' }, position: 0 }
  return (
    <figure ref={useImpression(subject)}>
      <audio ref={useMedia(subject, { element: (audio) => audio.closest('figure') })} />
    </figure>
  )
}

test('watches what is around media without a box, and makes the impression of both hooks one content', async () => {
  const { container } = render(inPage(<Song />))
  fake.page.show(container.querySelector('figure')!)
  await pass(100)
  play(container.querySelector('audio')!)
  await pass(2_000)
  fake.page.leave(container.querySelector('figure')!)
  await pass(1_000)
  expect((await recorded()).map((text) => text.split(' ')[0])).toEqual(
    expect.arrayContaining(['impression', 'view', 'watch']),
  )
})

test('causes no render', async () => {
  renders = 0
  const { container } = render(<TrackerProvider tracker={tracker}>{<Reel id="1" />}</TrackerProvider>)
  play(container.querySelector('video')!)
  await pass(1_000)
  expect(renders).toBe(1)
})
