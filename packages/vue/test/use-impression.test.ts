// The life of one observation in a component that renders, waits in KeepAlive and unmounts.
import { mount } from '@vue/test-utils'
import { beforeEach, expect, test, vi } from 'vitest'
import { type Component, defineComponent, h, KeepAlive, nextTick, reactive, ref, shallowRef } from 'vue'
import { sightline, useImpression } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

let fake: ReturnType<typeof createFakeTracker>
beforeEach(() => void (fake = createFakeTracker()))

/** Mounts and waits for the template ref, which Vue hands over after the first render. */
async function show(component: Component, props: Record<string, unknown> = {}) {
  const wrapper = mount(component, { props, global: { plugins: [[sightline, { tracker: fake.tracker }]] } })
  await nextTick()
  return wrapper
}

const Card = defineComponent({
  props: {
    id: { type: [String, Number], required: true },
    position: Number,
    threshold: Number,
    open: { default: true },
  },
  setup(props) {
    const element = ref<HTMLElement | null>(null)
    useImpression(
      element,
      () => ({ content: { type: 'post', id: props.id }, position: props.position }),
      () => (props.threshold === undefined ? undefined : { threshold: props.threshold }),
    )
    return () => (props.open ? h('article', { ref: element }, String(props.id)) : null)
  },
})

test('observes the element of the template ref', async () => {
  const card = await show(Card, { id: '1', position: 3 })
  expect(fake.watched()).toEqual(['post:1@3'])
  expect(fake.elements()).toEqual([card.element])
})

test('observes the root element of a component', async () => {
  const Feed = defineComponent({
    components: { Card },
    setup() {
      const card = shallowRef<InstanceType<typeof Card> | null>(null)
      useImpression(card, { content: { type: 'slot', id: 'top' } })
      return () => h('main', h(Card, { ref: card, id: '1' }))
    },
  })
  const feed = await show(Feed)
  expect(fake.watched()).toEqual(['post:1', 'slot:top'])
  expect(new Set(fake.elements())).toEqual(new Set([feed.element.firstElementChild]))
})

test('observes an element that is there already', async () => {
  const element = document.createElement('aside')
  await show({ setup: () => (useImpression(element, { content: { type: 'ad', id: 1 } }), () => null) })
  expect(fake.elements()).toEqual([element])
})

test('stops when the component unmounts', async () => {
  const card = await show(Card, { id: '1' })
  expect(fake.watched()).toEqual(['post:1'])
  card.unmount()
  expect(fake.watched()).toEqual([])
})

test('observes an element from the moment it appears until it goes', async () => {
  const card = await show(Card, { id: '1', open: false })
  expect(fake.watched()).toEqual([])
  await card.setProps({ open: true })
  expect(fake.watched()).toEqual(['post:1'])
  await card.setProps({ open: false })
  expect(fake.watched()).toEqual([])
})

test('does not read the subject before there is an element', async () => {
  const post = shallowRef<{ id: string }>()
  await show({
    setup() {
      const element = ref<HTMLElement | null>(null)
      useImpression(element, () => ({ content: { type: 'post', id: post.value!.id } }))
      return () => (post.value ? h('article', { ref: element }) : 'Loading')
    },
  })
  expect(fake.watched()).toEqual([])
  post.value = { id: '1' }
  await nextTick()
  expect(fake.watched()).toEqual(['post:1'])
})

test('reads a changed position when an event is made, without observing again', async () => {
  const card = await show(Card, { id: '1', position: 0 })
  await card.setProps({ position: 7 })
  expect(fake.watched()).toEqual(['post:1@7'])
  expect(fake.observe).toHaveBeenCalledTimes(1)
})

test('takes 42 and "42" for the same content', async () => {
  const card = await show(Card, { id: 42 })
  await card.setProps({ id: '42' })
  expect(fake.observe).toHaveBeenCalledTimes(1)
})

test('starts anew when the element shows another content', async () => {
  const card = await show(Card, { id: '1' })
  await card.setProps({ id: '2' })
  expect(fake.watched()).toEqual(['post:2'])
  expect(fake.observe).toHaveBeenCalledTimes(2)
})

test('ends the previous content with its own position, not with the next one', async () => {
  const card = await show(Card, { id: '1', position: 1 })
  await card.setProps({ id: '2', position: 9 })
  expect(fake.ended()).toEqual(['post:1@1'])
})

test('ends the previous content as itself when a reactive subject changes in place', async () => {
  const subject = reactive({ content: { type: 'post', id: '1' }, position: 1 })
  await show({
    setup() {
      const element = ref<HTMLElement | null>(null)
      useImpression(element, subject)
      return () => h('article', { ref: element })
    },
  })
  subject.content.id = '2'
  subject.position = 9
  await nextTick()
  expect(fake.ended()).toEqual(['post:1@1'])
  expect(fake.watched()).toEqual(['post:2@9'])
})

test('starts anew with changed options, and only with changed ones', async () => {
  const card = await show(Card, { id: '1', threshold: 0.8, position: 0 })
  await card.setProps({ position: 1 })
  expect(fake.observe).toHaveBeenCalledTimes(1)
  await card.setProps({ threshold: 0.3 })
  expect(fake.options()).toEqual([{ threshold: 0.3 }])
})

test('keeps one observation through KeepAlive, where the viewport ends and resumes the view', async () => {
  const shown = ref(true)
  const page = await show(() => h(KeepAlive, () => (shown.value ? h(Card, { id: '1' }) : h('p', 'Elsewhere'))))
  shown.value = false
  await nextTick()
  shown.value = true
  await nextTick()
  expect(fake.observe).toHaveBeenCalledTimes(1)
  page.unmount()
  expect(fake.watched()).toEqual([])
})

test('causes no render, not even when its subject changes', async () => {
  const position = ref(0)
  let renders = 0
  await show({
    setup() {
      const element = ref<HTMLElement | null>(null)
      useImpression(element, () => ({ content: { type: 'post', id: '1' }, position: position.value }))
      return () => (renders++, h('article', { ref: element }))
    },
  })
  position.value = 5
  await nextTick()
  expect(fake.watched()).toEqual(['post:1@5'])
  expect(renders).toBe(1)
})

test('says how to repair an app without the plugin', () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  expect(() => mount(Card, { props: { id: '1' } })).toThrow(
    'useTracker() found no tracker: install it with app.use(sightline, { tracker }).',
  )
  vi.restoreAllMocks()
})
