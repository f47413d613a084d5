// @vitest-environment node
// On a server: the same markup, nothing observed, nothing said.
import { afterEach, expect, test, vi } from 'vitest'
import { createSSRApp, h, ref, resolveDirective, withDirectives } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { sightline, useImpression } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

afterEach(() => void vi.restoreAllMocks())

test('renders on a server without a warning and observes nothing', async () => {
  const warn = vi.spyOn(console, 'warn')
  const fake = createFakeTracker()
  const Card = {
    setup() {
      const element = ref<HTMLElement | null>(null)
      useImpression(element, { content: { type: 'post', id: '1' } })
      return () => h('article', { ref: element }, 'Hello')
    },
  }
  const Page = () => [
    h(Card),
    withDirectives(h('li'), [[resolveDirective('impression')!, { content: { type: 'post', id: '2' } }]]),
  ]
  const html = await renderToString(createSSRApp(Page).use(sightline, { tracker: fake.tracker }))
  expect(html).toBe('<!--[--><article>Hello</article><li></li><!--]-->')
  expect(fake.observe).not.toHaveBeenCalled()
  expect(warn).not.toHaveBeenCalled()
})
