// The adapter on the real SDK: what a visit of a Vue page records.
import { createTracker, type Tracker } from '@sightline/sdk'
import { enableAutoUnmount, mount } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { h, KeepAlive, nextTick, ref, resolveDirective, withDirectives } from 'vue'
import { liveObservers } from '../../sdk/test/support/fake-observer'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { sightline, useImpression, useTracker } from '../src/index'

// Vue's first app waits some seconds for developer tools; that is not a timer of ours.
beforeAll(() => mount(() => null).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
enableAutoUnmount(afterEach)

const id = ref('1')
const position = ref(0)
const alive = ref(true)

const WithHook = {
  setup() {
    const element = ref<HTMLElement | null>(null)
    useImpression(element, () => ({ content: { type: 'post', id: id.value }, position: position.value }))
    return () => h('article', { ref: element })
  },
}
const WithDirective = () =>
  withDirectives(h('article'), [
    [resolveDirective('impression')!, { content: { type: 'post', id: id.value }, position: position.value }],
  ])

async function visit(card: object) {
  id.value = '1'
  position.value = 1
  alive.value = true
  const page = mount(() => h(KeepAlive, () => (alive.value ? h(card) : h('p'))), {
    attachTo: document.body,
    global: { plugins: [[sightline, { tracker }]] },
  })
  await nextTick()
  fake.page.show(page.element)
  return page
}

const watched = () => liveObservers().flatMap(({ targets }) => [...targets.keys()])

/** What has been recorded so far: `impression 42@3` is about content 42 at position 3. */
async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position }) => `${type} ${content?.id}@${position}`)
}

const cards: [string, object][] = [
  ['useImpression', WithHook],
  ['v-impression', { render: WithDirective }],
]

test.each(cards)('%s records one impression of a card that was seen for a second', async (_, card) => {
  await visit(card)
  await fake.page.advance(2_000)
  expect(await recorded()).toEqual(['impression 1@1'])
})

test.each(cards)('%s says the position that the card has when it is counted', async (_, card) => {
  await visit(card)
  await fake.page.advance(500)
  position.value = 8
  await fake.page.advance(1_500)
  expect(await recorded()).toEqual(['impression 1@8'])
})

test.each(cards)('%s ends the view of the first content as itself when its element shows the next', async (_, card) => {
  await visit(card)
  await fake.page.advance(2_000)
  id.value = '2'
  position.value = 9
  await fake.page.advance(2_000)
  expect(await recorded()).toEqual(['impression 1@1', 'view 1@1', 'impression 2@9'])
})

test.each(cards)('%s ends the view in KeepAlive and begins another one on return', async (_, card) => {
  const page = await visit(card)
  await fake.page.advance(2_000)
  const element = page.element
  alive.value = false
  await nextTick()
  await fake.page.advance(1_000)
  expect(await recorded()).toEqual(['impression 1@1', 'view 1@1'])
  alive.value = true
  await nextTick()
  fake.page.show(element)
  await fake.page.advance(2_000)
  page.unmount()
  await fake.page.advance(100)
  expect(await recorded()).toEqual(['impression 1@1', 'view 1@1', 'view 1@1'])
})

test.each(cards)('%s leaves nothing observed when the app is gone', async (_, card) => {
  const page = await visit(card)
  await fake.page.advance(100)
  expect(watched()).toEqual([page.element])
  page.unmount()
  await fake.page.advance(100)
  expect(watched()).toEqual([])
})

test('useTracker types the metadata of custom events, also of a tracker that was made for them', async () => {
  type Events = { signup: { plan: string } }
  const typed = createTracker<Events>({ endpoint: 'https://collect.test', consent: 'pending', autoPage: false })
  const Form = () => {
    const own = useTracker<Events>()
    own.track('signup', { metadata: { plan: 'pro' } })
    // @ts-expect-error a plan is a text
    own.track('signup', { metadata: { plan: 1 } })
    return null
  }
  mount({ setup: () => Form }, { global: { plugins: [[sightline, { tracker: typed }]] } })
  expect(typed.stats().recorded).toBe(2)
  typed.close()
})
