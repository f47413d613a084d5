// Watch time of media in a component that renders, reuses its node, waits in KeepAlive and unmounts.
import { enableAutoUnmount, mount } from '@vue/test-utils'
import type { Tracker } from '@sightline/sdk'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { h, KeepAlive, nextTick, ref } from 'vue'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { pause, play } from '../../sdk/test/support/playing-element'
import { sightline, useImpression, useMedia, type UseMediaOptions } from '../src/index'

// Vue's first app waits some seconds for developer tools; that is not a timer of ours.
beforeAll(() => mount(() => null).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
enableAutoUnmount(afterEach)

const id = ref('1')
const position = ref(0)
const options = ref<UseMediaOptions>()
const alive = ref(true)
let renders = 0

const Reel = {
  setup() {
    const video = ref<HTMLVideoElement | null>(null)
    useMedia(
      video,
      () => ({ content: { type: 'reel', id: id.value }, position: position.value }),
      () => options.value,
    )
    return () => (renders++, h('video', { ref: video }))
  },
}

async function visit(component: object = Reel) {
  id.value = '1'
  position.value = 3
  options.value = undefined
  alive.value = true
  renders = 0
  const page = mount(() => h(KeepAlive, () => (alive.value ? h(component) : h('p'))), {
    attachTo: document.body,
    global: { plugins: [[sightline, { tracker }]] },
  })
  await nextTick()
  fake.page.show(page.element)
  await fake.page.advance(100)
  return { page, media: page.element as HTMLMediaElement }
}

async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position, durationMs }) => {
    const seconds = durationMs === undefined ? '' : ` ${(durationMs / 1_000).toFixed(1)} s`
    return `${type} ${content?.id}@${position}${seconds}`
  })
}

test('records one watch of a reel that was scrolled away', async () => {
  const { media } = await visit()
  play(media)
  await fake.page.advance(4_000)
  fake.page.leave(media)
  await fake.page.advance(1_000)
  expect(await recorded()).toEqual(['watch 1@3 4.0 s'])
})

test('counts only the time that it was playing', async () => {
  const { page, media } = await visit()
  play(media)
  await fake.page.advance(2_000)
  pause(media)
  await fake.page.advance(5_000)
  page.unmount()
  await fake.page.advance(100)
  expect(await recorded()).toEqual(['watch 1@3 2.0 s'])
})

test('goes on with the same watch when its position changes, without a render', async () => {
  const { page, media } = await visit()
  play(media)
  await fake.page.advance(1_000)
  position.value = 9
  await fake.page.advance(1_000)
  page.unmount()
  await fake.page.advance(100)
  expect(await recorded()).toEqual(['watch 1@9 2.0 s'])
  expect(renders).toBe(1)
})

test('ends the watch of the first reel as itself when its element plays the next one', async () => {
  const { media } = await visit()
  play(media)
  await fake.page.advance(1_000)
  id.value = '2'
  position.value = 4
  await fake.page.advance(100)
  expect(await recorded()).toEqual(['watch 1@3 1.0 s'])
})

test('ends the watch in KeepAlive', async () => {
  const { media } = await visit()
  play(media)
  await fake.page.advance(1_000)
  alive.value = false
  await fake.page.advance(5_000)
  expect(await recorded()).toEqual(['watch 1@3 1.0 s'])
})

test('asks for as much of the media as its threshold says', async () => {
  const { media } = await visit()
  options.value = { threshold: 0.9 }
  await nextTick()
  fake.page.show(media, 0.6)
  await fake.page.advance(100)
  play(media)
  await fake.page.advance(2_000)
  fake.page.leave(media)
  await fake.page.advance(1_000)
  expect(await recorded()).toEqual([])
})

test('watches what is around media without a box', async () => {
  const Song = {
    setup() {
      const figure = ref<HTMLElement | null>(null)
      const audio = ref<HTMLAudioElement | null>(null)
      const subject = { content: { type: 'song', id: '7' } }
      useImpression(figure, subject)
      useMedia(audio, subject, { element: (media) => media.closest('figure') })
      return () => h('figure', { ref: figure }, h('audio', { ref: audio }))
    },
  }
  const { page } = await visit(Song)
  play(page.element.querySelector('audio')!)
  await fake.page.advance(2_000)
  fake.page.leave(page.element)
  await fake.page.advance(1_000)
  expect((await recorded()).map((text) => text.split(' ')[0])).toEqual(
    expect.arrayContaining(['impression', 'view', 'watch']),
  )
})
