// How much of a content is on screen, as the browser measures it: half of it, larger than the screen, clipped, unpainted.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import { countedIds, expectCountedAfter, idsOf, twenty, untilHeard, visitor } from '../support/visit'

const visit = visitor()

async function showHeaderAndCards(): Promise<void> {
  scene.observe('below the header', scene.add({ top: 260 }))
  scene.observe('under the header', scene.add())
  scene.add({ tag: 'header', width: 1_000, height: 250, css: 'position: fixed; z-index: 1' })
  await scene.counted(['below the header'])
  await scene.wait(300)
}

describe.skipIf(!chromiumPath).concurrent('how much of it is on screen', () => {
  test('half of a card counts, less than half does not, whatever the browser calls intersecting', async () => {
    await using page = await visit()
    await page.run(async () => {
      scene.observe('half', scene.add({ top: 700, width: 200 }))
      scene.observe('less', scene.add({ top: 701, width: 200, left: 210 }))
      scene.observe('third', scene.add({ top: 740, width: 200, left: 420 }))
      scene.observe('any', scene.add({ top: 740, width: 200, left: 630 }), { threshold: 0 })
      await scene.counted(['any', 'half'])
      await scene.wait(300)
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['any', 'half'])
    expect(page.heard('impression', 'half')).toMatchObject([{ ratio: 0.5, rule: 'area' }])
    expect(page.heard('impression', 'any')).toMatchObject([{ ratio: 0.3, rule: 'area' }])
  })

  test('a post three screens tall is counted one second after it covers half of the screen', async () => {
    await using page = await visit()
    const coveredAtMs = await page.run(async (ids) => {
      for (const id of ids) scene.observe(id, scene.add({ top: 900, left: Number(id) * 50, width: 40, height: 2_400 }))
      window.scrollTo(0, 480)
      await scene.wait(1_500)
      const atMs = scene.now()
      window.scrollTo(0, 500)
      await scene.counted(ids)
      return atMs
    }, twenty)
    await page.flush()
    for (const id of twenty) expectCountedAfter(page, id, coveredAtMs, 1_000)
    expect(page.heard('impression').map(({ rule }) => rule)).toEqual(twenty.map(() => 'oversize'))
  })

  test('a row wider than the screen is counted when it fills half of its width', async () => {
    await using page = await visit()
    await page.run(async () => {
      scene.observe('filling', scene.add({ width: 3_000, height: 80 }))
      scene.observe('at the edge', scene.add({ top: 100, left: 600, width: 3_000, height: 80 }))
      await scene.counted(['filling'])
      await scene.wait(300)
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['filling'])
    expect(page.heard('impression')[0]!.rule).toBe('oversize')
  })

  test('scrollers inside scrollers clip what is on screen', async () => {
    await using page = await visit()
    await page.run(async () => {
      const outer = scene.addScroller({ width: 900, height: 700 })
      const inner = scene.addScroller({ width: 700, height: 600, into: outer })
      scene.observe('long post', scene.add({ width: 200, height: 2_400, into: inner }))
      scene.observe('card below', scene.add({ top: 900, left: 300, width: 200, into: inner }))
      const slit = scene.addScroller({ left: 710, width: 150, height: 300, into: outer })
      scene.observe('long post in a slit', scene.add({ width: 100, height: 2_400, into: slit }))
      await scene.counted(['long post'])
      await scene.wait(300)
      scene.tracker.track('scrolled')
      inner.scrollTop = 800
      await scene.counted(['card below'])
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['card below', 'long post'])
    expectCountedAfter(page, 'card below', page.heard('scrolled')[0]!.atMs, 1_000)
    expect(page.heard('impression', 'long post')).toMatchObject([{ rule: 'oversize' }])
  })

  test('the second page of a carousel is counted when it is turned to', async () => {
    await using page = await visit()
    const turnedAtMs = await page.run(async () => {
      const carousels = ['auto', 'hidden'].map((overflow, row) => {
        const carousel = scene.add({ top: row * 300, tag: 'div', css: `overflow: ${overflow}` })
        scene.observe(`${overflow} 1`, scene.add({ into: carousel, height: 150 }))
        scene.observe(`${overflow} 2`, scene.add({ into: carousel, height: 150, left: 400 }))
        return carousel
      })
      await scene.wait(1_300)
      const atMs = scene.now()
      for (const carousel of carousels) carousel.scrollLeft = 400
      await scene.counted(['auto 2', 'hidden 2'])
      return atMs
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['auto 1', 'auto 2', 'hidden 1', 'hidden 2'])
    for (const id of ['auto 2', 'hidden 2']) expectCountedAfter(page, id, turnedAtMs, 1_000)
  })

  test('a card that is visible in a scroller is not seen while the scroller is below the fold', async () => {
    await using page = await visit()
    const scrolledAtMs = await page.run(async () => {
      const scroller = scene.addScroller({ top: 2_000, width: 500, height: 400 })
      scene.observe('card', scene.add({ into: scroller }))
      await scene.wait(1_300)
      const atMs = scene.now()
      window.scrollTo(0, 1_900)
      await scene.counted(['card'])
      return atMs
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['card'])
    expectCountedAfter(page, 'card', scrolledAtMs, 1_000)
  })

  test('an element without size that grows where it stands is counted one second later', async () => {
    await using page = await visit()
    const grownAtMs = await page.run(async (ids) => {
      const elements = ids.map((id) => scene.addToGrid(Number(id), Number(id) % 2 ? { height: 0 } : { width: 0 }))
      ids.forEach((id, index) => scene.observe(id, elements[index]!))
      await scene.wait(1_200)
      const grown: number[] = []
      for (const element of elements) {
        grown.push(scene.now())
        element.style.width = element.style.height = '100px'
        await scene.wait(15)
      }
      await scene.counted(ids)
      return grown
    }, twenty)
    await page.flush()
    expect(countedIds(page)).toEqual(twenty.toSorted())
    twenty.forEach((id, index) => expectCountedAfter(page, id, grownAtMs[index]!, 1_000))
  })

  test('what the browser does not paint is not seen', async () => {
    await using page = await visit()
    await page.run(async () => {
      scene.observe('display none', scene.addToGrid(0, { css: 'display: none' }))
      scene.observe('visibility hidden', scene.addToGrid(1, { css: 'visibility: hidden' }))
      scene.observe('opacity 0', scene.addToGrid(2, { css: 'opacity: 0' }))
      const faded = scene.addToGrid(3, { css: 'opacity: 0' })
      scene.observe('inside opacity 0', scene.add({ into: faded, width: 90, height: 90 }))
      const skipped = scene.addToGrid(4, { css: 'content-visibility: hidden' })
      scene.observe('inside content-visibility hidden', scene.add({ into: skipped, width: 90, height: 90 }))
      scene.observe('without size', scene.addToGrid(5, { height: 0 }))
      scene.observe('painted', scene.addToGrid(6))
      await scene.wait(2_500)
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['painted'])
  })

  test('the second of an element that is painted late begins when it is painted', async () => {
    await using page = await visit()
    const paintedAtMs = await page.run(async (ids) => {
      const hiding = ['opacity: 0', 'visibility: hidden']
      const elements = ids.map((id) => scene.addToGrid(Number(id), { css: hiding[Number(id) % 2]! }))
      ids.forEach((id, index) => scene.observe(id, elements[index]!))
      await scene.wait(1_300)
      const painted: number[] = []
      for (const { style } of elements) {
        painted.push(scene.now())
        style.opacity = '1'
        style.visibility = 'visible'
        await scene.wait(15)
      }
      await scene.counted(ids)
      return painted
    }, twenty)
    await page.flush()
    expect(countedIds(page)).toEqual(twenty.toSorted())
    twenty.forEach((id, index) => expectCountedAfter(page, id, paintedAtMs[index]!, 1_000))
  })

  test('content that is skipped until it comes near the screen is counted when it is there', async () => {
    await using page = await visit()
    const scrolledAtMs = await page.run(async () => {
      const section = scene.add({ top: 6_000, css: 'content-visibility: auto; contain-intrinsic-size: 400px 200px' })
      scene.observe('card', scene.add({ into: section, height: 100 }))
      await scene.wait(1_300)
      const atMs = scene.now()
      window.scrollTo(0, 5_900)
      await scene.counted(['card'])
      return atMs
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['card'])
    expectCountedAfter(page, 'card', scrolledAtMs, 1_000)
  })

  test('what lies under a sticky header is not seen when the header is named as an inset', async () => {
    await using named = await visit({ tracker: { insets: { top: 250 } } })
    await using unnamed = await visit()
    await Promise.all([named.run(showHeaderAndCards), unnamed.run(showHeaderAndCards)])
    await Promise.all([named.flush(), unnamed.flush()])
    expect(countedIds(named)).toEqual(['below the header'])
    expect(countedIds(unnamed)).toEqual(['below the header', 'under the header'])
  })

  test('inside a frame of another origin, where the browser hides the screen, the same rules hold', async () => {
    await using page = await visit({
      pages: {
        '/framed': `<script>
          scene.start(trackerOptions)
          const prefix = location.search.slice(1)
          const viewportPx = 400
          scene.observe(prefix + 'two screens', scene.add({ width: 100, height: 2 * viewportPx }))
          scene.observe(prefix + 'three screens', scene.add({ left: 110, width: 100, height: 3 * viewportPx }))
          scene.observe(prefix + 'card', scene.add({ left: 220, width: 100, height: 100 }))
          scene.observe(prefix + 'card below', scene.add({ left: 220, top: 500, width: 100, height: 100 }))
          new IntersectionObserver(([entry], probe) => {
            probe.disconnect()
            scene.tracker.track('probe', { metadata: { isScreenHidden: entry.rootBounds === null } })
          }).observe(document.documentElement)
          const seen = prefix ? ['card'] : ['card', 'two screens', 'three screens']
          scene
            .counted(seen.map((id) => prefix + id))
            .then(() => scene.wait(300))
            .then(() => scene.tracker.close())
        </script>`,
      },
    })
    await page.run(async (origin) => {
      const tags = [0, 680].map((top) => scene.add({ tag: 'iframe', top, left: top, height: 400, css: 'border: 0' }))
      tags.forEach((tag, index) => tag.setAttribute('src', `${origin}/framed?${index ? 'cut-off-' : ''}`))
    }, page.otherOrigin)
    await untilHeard(page, 4, 'view')
    expect(page.heard('probe').map(({ metadata }) => metadata!.isScreenHidden)).toEqual([true, true])
    expect(countedIds(page)).toEqual(['card', 'cut-off-card', 'three screens', 'two screens'])
    expect(idsOf(page.heard('view'))).toEqual(countedIds(page))
    // A number that is none travels as null.
    expect(JSON.stringify([...page.heard('impression'), ...page.heard('view')])).not.toContain('null')
  })

  test('an element inside a frame of the same origin can be observed from the page around it', async () => {
    await using page = await visit({
      pages: {
        '/frame': '<article class="top" style="height: 200px"></article><article style="margin-top: 900px">Below',
      },
    })
    await page.run(async () => {
      await scene.wait(700)
      const frame = scene.add({ tag: 'iframe', height: 400, css: 'border: 0' }) as HTMLIFrameElement
      await new Promise((resolve) => {
        frame.addEventListener('load', resolve)
        frame.src = '/frame'
      })
      const [top, below] = frame.contentDocument!.querySelectorAll('article')
      scene.observe('top of the frame', top!)
      scene.observe('below in the frame', below!)
      await scene.counted(['top of the frame'])
      await scene.wait(300)
    })
    await page.flush()
    expect(countedIds(page)).toEqual(['top of the frame'])
    const observedAtMs = await page.run(() => scene.observedAtMs)
    expectCountedAfter(page, 'top of the frame', observedAtMs['top of the frame']!, 1_000)
  })
})
