// Elements that Vue animates in and out: the one that leaves is over, although it still stands in the document.
import { enableAutoUnmount, mount } from '@vue/test-utils'
import type { Tracker } from '@sightline/sdk'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { h, nextTick, ref, resolveDirective, Transition, TransitionGroup, withDirectives } from 'vue'
import { liveObservers } from '../../sdk/test/support/fake-observer'
import { useFakePage } from '../../sdk/test/support/fake-page'
import { sightline } from '../src/index'

// Vue's first app waits some seconds for developer tools; that is not a timer of ours.
beforeAll(() => mount(() => null).unmount())

const fake = useFakePage()
let tracker: Tracker
beforeEach(() => void (tracker = fake.page.start({ dedupe: 'page' })))
enableAutoUnmount(afterEach)

const ANIMATION_MS = 400
const animated = {
  css: false,
  onLeave: (_: Element, done: () => void) => void setTimeout(done, ANIMATION_MS),
}
const ids = ref<string[]>([])
const find = (id: string) => document.querySelector(`[data-id="${id}"]`)
const show = (id: string) => fake.page.show(find(id)!)

const card = (id: string, position: number) =>
  withDirectives(h('article', { key: id, 'data-id': id }), [
    [resolveDirective('impression')!, { content: { type: 'post', id }, position }],
  ])

function visit(render: () => ReturnType<typeof h>, start: string[]) {
  ids.value = start
  mount(render, {
    attachTo: document.body,
    global: { plugins: [[sightline, { tracker }]], stubs: { transition: false, transitionGroup: false } },
  })
}

async function recorded() {
  await tracker.flush()
  return fake.page.sent.map(({ type, content, position }) => `${type} ${content?.id}@${position}`)
}

test('the view ends when the element begins to leave, not when it is gone', async () => {
  visit(() => h(Transition, animated, () => ids.value.map(card)[0]), ['1'])
  show('1')
  await fake.page.advance(2_000)
  ids.value = []
  await nextTick()
  expect(find('1')).not.toBeNull()
  await fake.page.advance(ANIMATION_MS * 2)
  expect(find('1')).toBeNull()
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0'])
  expect(fake.page.sent[1]!.durationMs).toBeLessThanOrEqual(2_000)
})

test('the element that comes has its own second while the other one leaves', async () => {
  visit(() => h(Transition, animated, () => ids.value.map(card)[0]), ['1'])
  show('1')
  await fake.page.advance(2_000)
  ids.value = ['2']
  await nextTick()
  show('2')
  await fake.page.advance(990)
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0'])
  await fake.page.advance(50)
  expect(await recorded()).toEqual(['impression 1@0', 'view 1@0', 'impression 2@0'])
})

test('a card that moves in an animated list goes on with its second, at its new position', async () => {
  visit(() => h(TransitionGroup, { ...animated, tag: 'main' }, () => ids.value.map(card)), ['1', '2'])
  show('2')
  await fake.page.advance(700)
  ids.value = ['2', '1']
  await nextTick()
  await fake.page.advance(350)
  expect(await recorded()).toEqual(['impression 2@0'])
  expect(liveObservers().flatMap(({ targets }) => [...targets.keys()])).toHaveLength(2)
})
