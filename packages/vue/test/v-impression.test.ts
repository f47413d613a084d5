// The directive in lists: keyed moves, nodes that are reused for another content, removal.
import { mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { defineComponent, h, KeepAlive, nextTick, ref, resolveDirective, shallowRef, withDirectives } from 'vue'
import { sightline } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))

const ids = shallowRef<string[]>([])
const threshold = ref<number>()

function mountFeed(start: string[], keyed = true) {
  ids.value = start
  threshold.value = undefined
  const Feed = defineComponent(() => () => {
    const impression = resolveDirective('impression')!
    const card = (id: string, position: number) =>
      withDirectives(h('li', keyed ? { key: id } : {}, id), [
        [
          impression,
          {
            content: { type: 'post', id },
            position,
            ...(threshold.value === undefined ? {} : { options: { threshold: threshold.value } }),
          },
        ],
      ])
    return h(
      'ul',
      ids.value.map((id, position) => card(id, position)),
    )
  })
  const alive = ref(true)
  const page = mount(() => h(KeepAlive, () => (alive.value ? h(Feed) : h('p'))), {
    global: { plugins: [[sightline, { tracker: fake.tracker }]] },
  })
  const show = async (next: string[]) => {
    ids.value = next
    await nextTick()
  }
  return { page, show, alive }
}

test('observes every element of the list as its own content', () => {
  const { page } = mountFeed(['1', '2'])
  expect(fake.watched()).toEqual(['post:1@0', 'post:2@1'])
  expect(fake.elements()).toEqual([...page.element.querySelectorAll('li')])
})

test('keeps its observations when the order changes, and reads the new positions', async () => {
  const { show } = mountFeed(['1', '2', '3'])
  await show(['3', '1', '2'])
  expect(fake.watched()).toEqual(['post:1@1', 'post:2@2', 'post:3@0'])
  expect(fake.observe).toHaveBeenCalledTimes(3)
})

test('stops only what was removed', async () => {
  const { show } = mountFeed(['1', '2', '3'])
  await show(['1', '3'])
  expect(fake.watched()).toEqual(['post:1@0', 'post:3@1'])
  expect(fake.observe).toHaveBeenCalledTimes(3)
})

test('starts anew on a node that is reused for another content', async () => {
  const { show } = mountFeed(['1'], false)
  await show(['2'])
  expect(fake.ended()).toEqual(['post:1@0'])
  expect(fake.watched()).toEqual(['post:2@0'])
  expect(fake.elements()).toHaveLength(1)
})

test('passes the options of the element on, and starts anew when they change', async () => {
  mountFeed(['1'])
  threshold.value = 0.9
  await nextTick()
  expect(fake.options()).toEqual([{ threshold: 0.9 }])
})

test('does not record the options with the subject', async () => {
  mountFeed(['1'])
  threshold.value = 0.9
  await nextTick()
  const read = fake.observe.mock.lastCall![1] as () => object
  expect(read()).toEqual({ content: { type: 'post', id: '1' }, position: 0 })
})

test('keeps one observation through KeepAlive', async () => {
  const { alive } = mountFeed(['1'])
  alive.value = false
  await nextTick()
  alive.value = true
  await nextTick()
  expect(fake.watched()).toEqual(['post:1@0'])
  expect(fake.observe).toHaveBeenCalledTimes(1)
})

test('stops with the app', () => {
  mountFeed(['1', '2']).page.unmount()
  expect(fake.watched()).toEqual([])
})
