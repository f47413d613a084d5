// A page that nobody sees: hidden, frozen, in the back/forward cache, prerendered. None of that time counts for anything.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import {
  countedIds,
  expectCountedAfter,
  expectDuration,
  LATE_MS,
  twenty,
  untilHeard,
  type Visit,
  type OpenWindow,
  wait,
  visitor,
} from '../support/visit'

const visit = visitor()

/** Twenty cards that came on screen at slightly different moments. */
const observeGrid = (window: OpenWindow, options: object = {}) =>
  window.run(
    async (ids, options) => {
      for (const id of ids) {
        scene.observe(id, scene.addToGrid(Number(id)), options)
        await scene.wait(5)
      }
    },
    twenty,
    options,
  )

/** When something last happened to the page, in milliseconds on the clock of `atMs`. */
async function lastly(window: OpenWindow, type: string): Promise<number> {
  const life = await window.run(() => scene.life)
  return life.findLast((sign) => sign.type === type)!.atMs
}

const totalOf = (visit: Visit, id: string) => visit.heard('view', id).reduce((sum, view) => sum + view.durationMs!, 0)

describe.skipIf(!chromiumPath).concurrent('a page that nobody sees', () => {
  for (const hiddenMs of [50, 500, 1_500]) {
    test(`hidden for ${hiddenMs} ms, it starts the second of everything again on return, without a scroll`, async () => {
      await using page = await visit()
      await observeGrid(page)
      await page.hide()
      const hiddenAtMs = await lastly(page, 'visibilitychange')
      await wait(hiddenMs)
      await page.show()
      const shownAtMs = await lastly(page, 'visibilitychange')
      const observedAtMs = await page.run(async (ids) => {
        await scene.counted(ids)
        return scene.observedAtMs
      }, twenty)
      await page.flush()
      expect(shownAtMs - hiddenAtMs).toBeGreaterThanOrEqual(hiddenMs)
      // On a machine so busy that one had its second before the page was hidden, it may count then.
      const unseen = twenty.filter((id) => hiddenAtMs - observedAtMs[id]! < 1_000)
      expect(unseen).not.toEqual([])
      for (const id of unseen) expectCountedAfter(page, id, shownAtMs, 1_000)
    })
  }

  test('hidden for three seconds, that time is in no duration of what was seen before', async () => {
    await using page = await visit()
    await observeGrid(page)
    await page.run((ids) => scene.counted(ids), twenty)
    await page.hide()
    const hiddenAtMs = await lastly(page, 'visibilitychange')
    await wait(3_000)
    await page.show()
    const shownAtMs = await lastly(page, 'visibilitychange')
    const { closedAtMs, observedAtMs } = await page.run(async (ids) => {
      await scene.counted(ids)
      await scene.wait(500)
      await scene.tracker.flush()
      scene.tracker.close()
      const closedAtMs = scene.now()
      return { closedAtMs, observedAtMs: scene.observedAtMs }
    }, twenty)
    await untilHeard(page, 40, 'view')
    for (const id of twenty) {
      const views = page.heard('view', id)
      expect(views.map(({ endReason }) => endReason)).toEqual(['hidden', 'closed'])
      expectDuration(views.slice(0, 1), hiddenAtMs - observedAtMs[id]!)
      expectDuration(views.slice(1), closedAtMs - shownAtMs)
      expect(views[1]!.totalMs! - totalOf(page, id)).toBeLessThanOrEqual(1)
      expect(page.heard('impression', id)).toHaveLength(1)
    }
  })

  test('hidden for three seconds after a glimpse, glimpse and view are told apart and nothing in between', async () => {
    await using page = await visit()
    await observeGrid(page, { minViewMs: 0 })
    await page.run(() => scene.wait(200))
    await page.hide()
    const hiddenAtMs = await lastly(page, 'visibilitychange')
    await wait(3_000)
    await page.show()
    const shownAtMs = await lastly(page, 'visibilitychange')
    const { closedAtMs, observedAtMs } = await page.run(async (ids) => {
      await scene.counted(ids)
      await scene.wait(500)
      await scene.tracker.flush()
      scene.tracker.close()
      const closedAtMs = scene.now()
      return { closedAtMs, observedAtMs: scene.observedAtMs }
    }, twenty)
    await untilHeard(page, 40, 'view')
    for (const id of twenty) {
      const views = page.heard('view', id)
      expect(views.map(({ endReason }) => endReason)).toEqual(['hidden', 'closed'])
      expectDuration(views.slice(0, 1), hiddenAtMs - observedAtMs[id]!)
      expectDuration(views.slice(1), closedAtMs - shownAtMs)
      expectCountedAfter(page, id, shownAtMs, 1_000)
    }
  })

  test('what was scrolled away while the page was hidden is not seen, what was scrolled in is', async () => {
    await using page = await visit()
    await observeGrid(page)
    await page.run((ids) => {
      for (const id of ids) scene.observe(`below ${id}`, scene.addToGrid(Number(id) + 320))
    }, twenty)
    await page.hide()
    await page.run(async () => {
      window.scrollTo(0, 4_300)
      await scene.wait(1_300)
    })
    await page.flush()
    expect(countedIds(page)).toEqual([])

    await page.show()
    const shownAtMs = await lastly(page, 'visibilitychange')
    await page.run((ids) => scene.counted(ids.map((id) => `below ${id}`)), twenty)
    await page.flush()
    for (const id of twenty) expectCountedAfter(page, `below ${id}`, shownAtMs, 1_000)
    expect(countedIds(page)).toHaveLength(twenty.length)
  })

  test('frozen and resumed while still hidden, nothing is counted before the page is shown', async () => {
    await using page = await visit()
    await observeGrid(page)
    await page.run(() => scene.wait(200))
    await page.hide()
    await page.send('Page.setWebLifecycleState', { state: 'frozen' })
    await wait(2_000)
    await page.send('Page.setWebLifecycleState', { state: 'active' })
    await page.run(() => scene.wait(1_500))
    await page.flush()
    expect(countedIds(page)).toEqual([])

    await page.show()
    const shownAtMs = await lastly(page, 'visibilitychange')
    await page.run((ids) => scene.counted(ids), twenty)
    await page.flush()
    const signs = await page.run(() => scene.life.map(({ type }) => type))
    expect(signs).toEqual(expect.arrayContaining(['freeze', 'resume']))
    for (const id of twenty) expectCountedAfter(page, id, shownAtMs, 1_000)
  })

  test('frozen, its views have ended before and the time until it is shown again is in none', async () => {
    await using page = await visit()
    await observeGrid(page)
    await page.run((ids) => scene.counted(ids), twenty)
    await page.send('Page.setWebLifecycleState', { state: 'frozen' })
    await wait(2_000)
    await page.send('Page.setWebLifecycleState', { state: 'active' })
    // Chromium freezes only what it has hidden, and a resumed page waits to be shown.
    await page.hide()
    await page.show()
    const closedAtMs = await page.run(async () => {
      await scene.wait(600)
      await scene.tracker.flush()
      scene.tracker.close()
      const closedAtMs = scene.now()
      return closedAtMs
    })
    await untilHeard(page, 40, 'view')
    const life = await page.run(() => scene.life)
    expect(life.map(({ type }) => type)).toEqual(expect.arrayContaining(['freeze', 'resume']))
    const hiddenAtMs = life.find(({ state }) => state === 'hidden')!.atMs
    const shownAtMs = await lastly(page, 'visibilitychange')
    const observedAtMs = await page.run(() => scene.observedAtMs)
    for (const id of twenty) {
      const views = page.heard('view', id)
      expect(views.map(({ endReason }) => endReason)).toEqual(['hidden', 'closed'])
      expectDuration(views.slice(0, 1), hiddenAtMs - observedAtMs[id]!)
      expectDuration(views.slice(1), closedAtMs - shownAtMs)
    }
  })

  test('in the back/forward cache a view ends; restored, it is a new page view and no second impression', async () => {
    await using page = await visit({ tracker: { dedupe: 'session', autoPage: true } })
    await observeGrid(page)
    const observedAtMs = await page.run(async (ids) => {
      await scene.counted(ids)
      for (const id of ids) scene.observe(`late ${id}`, scene.addToGrid(Number(id) + 20))
      await scene.wait(100)
      return scene.observedAtMs
    }, twenty)
    await page.goto(`${page.origin}/elsewhere`)
    await wait(1_500)
    await page.back()
    await page.run((ids) => scene.counted(ids.map((id) => `late ${id}`)), twenty)
    const life = await page.run(() => scene.life)
    const leftAtMs = life.find(({ type }) => type === 'pagehide')!.atMs
    const restored = life.findLast(({ type }) => type === 'pageshow')!
    expect(restored.persisted).toBe(true)
    await page.goto(`${page.origin}/elsewhere`)
    await untilHeard(page, 60, 'view')

    expect(page.heard('page_view').map(({ content }) => content!.id)).toEqual(['/', '/'])
    expect(page.heard('page_view')[1]!.atMs).toBeGreaterThanOrEqual(restored.atMs)
    for (const id of twenty) {
      const views = page.heard('view', id)
      expect(views.map(({ endReason }) => endReason)).toEqual(['pagehide', 'pagehide'])
      expectDuration(views.slice(0, 1), leftAtMs - observedAtMs[id]!)
      expectDuration(views.slice(1), views[1]!.atMs - restored.atMs)
      expectCountedAfter(page, id, observedAtMs[id]!, 1_000)
      // On a machine so busy that it had its second before the page was left, it counts then.
      if (leftAtMs - observedAtMs[`late ${id}`]! >= 1_000) continue
      expectCountedAfter(page, `late ${id}`, restored.atMs, 1_000)
      expectDuration(page.heard('view', `late ${id}`), views[1]!.atMs - restored.atMs)
    }
  })

  test('a prerendered page counts its view and starts every second when it is activated', async () => {
    await using page = await visit({
      pages: {
        '/previous': `<script type="speculationrules">
          { "prerender": [{ "urls": ["/next"], "eagerness": "immediate" }] }
        </script>
        <script>scene.wait(2_500).then(() => (location.href = '/next'))</script>`,
        '/next': `<script>
          document.addEventListener('prerenderingchange', () => scene.tracker.track('activated'))
          scene.start({ ...trackerOptions, autoPage: true })
          scene.tracker.track('started', { metadata: { isPrerendering: document.prerendering } })
          for (let slot = 0; slot < 20; slot++) scene.observe(String(slot), scene.addToGrid(slot))
        </script>`,
      },
    })
    await page.openUndriven('/previous')
    await untilHeard(page, twenty.length, 'impression')
    await wait(300)
    expect(page.heard('started').map(({ metadata }) => metadata!.isPrerendering)).toEqual([true])
    const activatedAtMs = page.heard('activated')[0]!.atMs
    expect(activatedAtMs - page.heard('started')[0]!.atMs).toBeGreaterThan(1_000)
    for (const id of twenty) expectCountedAfter(page, id, activatedAtMs, 1_000)
    const [view, ...others] = page.heard('page_view')
    expect(others).toEqual([])
    expect(view!.content!.id).toBe('/next')
    expect(view!.atMs - activatedAtMs).toBeGreaterThanOrEqual(0)
    expect(view!.atMs - activatedAtMs).toBeLessThan(LATE_MS)
  })

  test('with requireFocus, nothing is counted in a frame before it has the focus', async () => {
    await using page = await visit({
      pages: {
        '/frame': `<script>
          scene.start({ ...trackerOptions, requireFocus: true })
          for (let slot = 0; slot < 20; slot++) scene.observe(String(slot), scene.addToGrid(slot))
        </script>`,
      },
    })
    const focusedAtMs = await page.run(async () => {
      const frame = scene.add({ tag: 'iframe', width: 950, height: 500 }) as HTMLIFrameElement
      frame.src = '/frame'
      await scene.wait(2_000)
      const atMs = scene.now()
      frame.contentWindow!.focus()
      await scene.wait(100)
      if (!frame.contentDocument!.hasFocus()) throw new Error('Expected the frame to have the focus.')
      return atMs
    })
    await untilHeard(page, twenty.length, 'impression')
    for (const id of twenty) expectCountedAfter(page, id, focusedAtMs, 1_000)
    expect(countedIds(page)).toHaveLength(twenty.length)
  })
})
