// The page of one content: opened on purpose, so it counts at once and is called intentional.
import type { Subject } from '@sightline/sdk'
import { mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { h, nextTick, ref } from 'vue'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'
import { sightline, useView } from '../src/index'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))

async function open(subject: Parameters<typeof useView>[1], options?: Parameters<typeof useView>[2]) {
  const Detail = {
    setup() {
      const page = ref<HTMLElement | null>(null)
      useView(page, subject, options)
      return () => h('main', { ref: page })
    },
  }
  const wrapper = mount(Detail, { global: { plugins: [[sightline, { tracker: fake.tracker }]] } })
  await nextTick()
  return wrapper
}

const post = { content: { type: 'post', id: '1' } }

test('observes the element for any part of it, from the first moment, as intentional', async () => {
  const wrapper = await open(post)
  expect(fake.elements()).toEqual([wrapper.element])
  expect(fake.options()).toEqual([{ threshold: 0, minDurationMs: 0 }])
  expect(fake.subjects()).toEqual([{ ...post, viewType: 'intentional' }])
})

test('keeps what the caller says of it', async () => {
  await open({ ...post, viewType: 'widget', source: 'embed' }, { minDurationMs: 500 })
  expect(fake.options()).toEqual([{ threshold: 0, minDurationMs: 500 }])
  expect(fake.subjects()).toEqual([{ ...post, viewType: 'widget', source: 'embed' }])
})

test('begins anew for the next content on the same page', async () => {
  const subject = ref<Subject>({ ...post, position: 1 })
  await open(subject)
  subject.value = { content: { type: 'post', id: '2' }, position: 2 }
  await nextTick()
  expect(fake.ended()).toEqual(['post:1@1'])
  expect(fake.watched()).toEqual(['post:2@2'])
})

test('stops when its page is left', async () => {
  const wrapper = await open(post)
  wrapper.unmount()
  expect(fake.watched()).toEqual([])
})
