// Page views that the app counts by its router: one for each path that was arrived at.
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { h } from 'vue'
import {
  createMemoryHistory,
  createRouter,
  type RouteLocationNormalized,
  type Router,
  type RouterHistory,
  RouterView,
} from 'vue-router'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'
import { sightline, usePageViews } from '../src/index'

let fake: ReturnType<typeof createFakeTracker>
let history: RouterHistory
let router: Router
beforeEach(() => {
  fake = createFakeTracker()
  history = createMemoryHistory()
  const routes = ['/', '/feed', '/posts/:id', '/private'].map((path) => ({ path, component: Nothing }))
  router = createRouter({ history, routes })
  router.beforeEach((to) => to.path !== '/private')
})

const Nothing = { render: () => null }

let renders = 0
const App = {
  setup() {
    usePageViews(router, ({ path, query }: RouteLocationNormalized) => ({ metadata: { path, query } }))
    return () => (renders++, h(RouterView))
  },
}

async function openAt(path: string) {
  history.replace(path)
  const app = mount(App, { global: { plugins: [router, [sightline, { tracker: fake.tracker }]] } })
  await flushPromises()
  return app
}

const counted = () =>
  fake.tracker.page.mock.calls.map(([fields]) => (fields?.metadata as { path: string } | undefined)?.path)

test('counts the route that the app opens with', async () => {
  await openAt('/feed')
  expect(counted()).toEqual(['/feed'])
})

test('counts it as well when the router was ready before the app was mounted', async () => {
  await router.push('/feed')
  await openAt('/feed')
  expect(counted()).toEqual(['/feed'])
})

test('counts every other path, also back to an earlier one', async () => {
  await openAt('/feed')
  await router.push('/posts/1')
  await router.push('/posts/2')
  router.back()
  await flushPromises()
  expect(counted()).toEqual(['/feed', '/posts/1', '/posts/2', '/posts/1'])
})

test('counts no change of the query or the fragment', async () => {
  await openAt('/feed')
  await router.push('/feed?sort=new')
  await router.push('/feed#top')
  expect(counted()).toEqual(['/feed'])
})

test('counts no navigation that was refused', async () => {
  await openAt('/feed')
  await router.push('/private')
  expect(counted()).toEqual(['/feed'])
})

test('counts where a redirect leads, not where it began', async () => {
  router.addRoute({ path: '/old', redirect: '/posts/7' })
  await openAt('/feed')
  await router.push('/old')
  expect(counted()).toEqual(['/feed', '/posts/7'])
})

test('counts nothing after the app is gone', async () => {
  const app = await openAt('/feed')
  app.unmount()
  await router.push('/posts/1')
  expect(counted()).toEqual(['/feed'])
})

test('causes no render', async () => {
  renders = 0
  await openAt('/feed')
  await router.push('/posts/1')
  expect(renders).toBe(1)
})
