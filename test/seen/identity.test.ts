// Which content it is: a key that the caller gives, whatever becomes of the element that shows it.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import {
  countedIds,
  expectCountedAfter,
  expectDuration,
  idsOf,
  twenty,
  until,
  untilHeard,
  wait,
  visitor,
} from '../support/visit'

const visit = visitor()

describe.skipIf(!chromiumPath).concurrent('which content it is', () => {
  for (const how of ['stopped and observed again', 'observed again']) {
    test(`an element ${how} for another content within 900 ms counts the first never, the second after its own second`, async () => {
      await using page = await visit()
      const observedAtMs = await page.run(
        async (ids, isStopped) => {
          const elements = ids.map((id) => scene.addToGrid(Number(id)))
          const stops = ids.map((id, index) => scene.observe(`first ${id}`, elements[index]!))
          await scene.wait(500)
          for (const [index, element] of elements.entries()) {
            if (isStopped) stops[index]!()
            scene.observe(`second ${ids[index]}`, element)
            await scene.wait(20)
          }
          await scene.counted(ids.map((id) => `second ${id}`))
          return scene.observedAtMs
        },
        twenty,
        how.startsWith('stopped'),
      )
      await page.flush()
      for (const id of twenty) expectCountedAfter(page, `second ${id}`, observedAtMs[`second ${id}`]!, 1_000)
      // On a machine so busy that a first one had its second, it may count.
      const early = twenty.filter((id) => observedAtMs[`second ${id}`]! - observedAtMs[`first ${id}`]! < 1_000)
      expect(early).not.toEqual([])
      for (const id of early) expect(page.heard('impression', `first ${id}`)).toEqual([])
    })
  }

  test('removed or no longer displayed before its second, it is never counted; moved in one frame, it always is', async () => {
    await using page = await visit()
    const observedAtMs = await page.run(async (ids) => {
      const all: Record<string, HTMLElement[]> = { removed: [], undisplayed: [], moved: [] }
      Object.entries(all).forEach(([what, elements], row) => {
        for (const id of ids) {
          const box = { top: row * 60, left: Number(id) * 45, width: 40, height: 50 }
          elements.push(scene.add(box))
          scene.observe(`${what} ${id}`, elements.at(-1)!)
        }
      })
      await scene.wait(500)
      for (const element of all.removed!) element.remove()
      for (const element of all.undisplayed!) element.style.display = 'none'
      for (const element of all.moved!) document.body.prepend(element)
      await scene.counted(ids.map((id) => `moved ${id}`))
      await scene.wait(700)
      return scene.observedAtMs
    }, twenty)
    await page.flush()
    expect(countedIds(page)).toEqual(twenty.map((id) => `moved ${id}`).toSorted())
    for (const id of twenty) {
      expectCountedAfter(page, `moved ${id}`, observedAtMs[`moved ${id}`]!, 1_000)
      // The second that had begun goes on: one that began anew would end half a second later.
      const { confirmLagMs } = page.heard('impression', `moved ${id}`)[0]!
      const afterMs = page.heard('impression', `moved ${id}`)[0]!.atMs - observedAtMs[`moved ${id}`]!
      expect(afterMs - confirmLagMs!).toBeLessThan(1_450)
    }
  })

  test('removed or no longer displayed, a view ends and says why; moved within one frame, it goes on', async () => {
    await using page = await visit()
    const { changedAtMs, closedAtMs, observedAtMs } = await page.run(async (ids) => {
      const all: Record<string, HTMLElement[]> = { removed: [], undisplayed: [], moved: [] }
      Object.entries(all).forEach(([what, elements], row) => {
        for (const id of ids) {
          elements.push(scene.add({ top: row * 60, left: Number(id) * 45, width: 40, height: 50 }))
          scene.observe(`${what} ${id}`, elements.at(-1)!)
        }
      })
      await scene.counted(Object.keys(scene.observedAtMs))
      for (const element of all.removed!) element.remove()
      for (const element of all.undisplayed!) element.style.display = 'none'
      for (const element of all.moved!) document.body.prepend(element)
      // The browser measures within the next frames.
      for (let frame = 0; frame < 5; frame++) await scene.frame()
      const changedAtMs = scene.now()
      await scene.wait(700)
      await scene.tracker.flush()
      scene.tracker.close()
      const closedAtMs = scene.now()
      return { changedAtMs, closedAtMs, observedAtMs: scene.observedAtMs }
    }, twenty)
    await untilHeard(page, 60, 'view')
    const reasons = { removed: 'removed', undisplayed: 'left', moved: 'closed' }
    for (const id of twenty)
      for (const [what, reason] of Object.entries(reasons)) {
        const views = page.heard('view', `${what} ${id}`)
        expect(views.map(({ endReason }) => endReason)).toEqual([reason])
        const endedAtMs = what === 'moved' ? closedAtMs : changedAtMs
        expectDuration(views, endedAtMs - observedAtMs[`${what} ${id}`]!)
      }
  })

  test('a content that is taken off and put on again within one task, also on another element, goes on', async () => {
    await using page = await visit()
    const observedAtMs = await page.run(async (ids) => {
      const elements = ids.map((id) => scene.addToGrid(Number(id)))
      const others = ids.map((id) => scene.addToGrid(Number(id) + 20))
      const stops = ids.map((id, index) => scene.observe(id, elements[index]!))
      const beganAtMs = { ...scene.observedAtMs }
      await scene.wait(600)
      ids.forEach((id, index) => {
        stops[index]!()
        scene.observe(id, Number(id) % 2 ? elements[index]! : others[index]!)
      })
      await scene.counted(ids)
      return beganAtMs
    }, twenty)
    await page.flush()
    for (const id of twenty) {
      expectCountedAfter(page, id, observedAtMs[id]!, 1_000)
      const { atMs, confirmLagMs } = page.heard('impression', id)[0]!
      expect(atMs - confirmLagMs! - observedAtMs[id]!, 'the second that had begun goes on').toBeLessThan(1_550)
    }
    expect(page.heard('view')).toEqual([])
  })

  test('the same content on two elements is one impression', async () => {
    await using page = await visit()
    await page.run(async (ids) => {
      for (const id of ids) {
        scene.observe(id, scene.addToGrid(Number(id)))
        scene.observe(id, scene.addToGrid(Number(id) + 20))
        await scene.wait(5)
      }
      await scene.counted(ids)
      await scene.wait(500)
    }, twenty)
    await page.flush()
    expect(countedIds(page)).toEqual([...twenty].toSorted())
  })

  test('at a change of the route, what stays mounted ends its view and begins anew under the new page', async () => {
    await using page = await visit({ tracker: { autoPage: true, dedupe: 'session' } })
    const { routedAtMs, observedAtMs } = await page.run(async (ids) => {
      for (const id of ids) {
        scene.observe(`page ${id}`, scene.addToGrid(Number(id)), { dedupe: 'page' })
        scene.observe(`session ${id}`, scene.addToGrid(Number(id) + 20))
      }
      await scene.counted(Object.keys(scene.observedAtMs))
      const routedAtMs = scene.now()
      history.pushState(null, '', '/next')
      await scene.wait(2_000)
      const observedAtMs = scene.observedAtMs
      await scene.tracker.flush()
      scene.tracker.close()
      return { routedAtMs, observedAtMs }
    }, twenty)
    await untilHeard(page, 80, 'view')
    expect(page.heard('page_view').map(({ content }) => content!.id)).toEqual(['/', '/next'])
    for (const id of twenty) {
      const [first, second, ...others] = page.heard('impression', `page ${id}`)
      expect(others).toEqual([])
      expect(first!.atMs).toBeLessThan(routedAtMs)
      expect(first!.atMs - observedAtMs[`page ${id}`]!).toBeGreaterThanOrEqual(1_000)
      expect(second!.atMs - routedAtMs).toBeGreaterThanOrEqual(1_000)
      expect(page.heard('impression', `session ${id}`)).toHaveLength(1)
      for (const scope of ['page', 'session']) {
        const reasons = page.heard('view', `${scope} ${id}`).map(({ endReason }) => endReason)
        expect(reasons).toEqual(['route', 'closed'])
      }
    }
  })

  test('a reload within a session makes no second impression, a new page view does where the page is the scope', async () => {
    const observe = `<script>
      scene.observe('session', scene.add(), { dedupe: 'session' })
      scene.observe('page', scene.add({ left: 500 }), { dedupe: 'page' })
    </script>`
    await using page = await visit({ body: observe, tracker: { dedupe: 'session' } })
    for (const path of ['', '/', '/?again']) {
      if (path) await page.goto(page.origin + path)
      await page.run(async () => {
        await scene.counted(['page'])
        await scene.wait(300)
      })
      await page.flush()
    }
    expect(countedIds(page)).toEqual(['page', 'page', 'page', 'session'])
    expect(new Set(page.heard('impression').map(({ sessionId }) => sessionId)).size).toBe(1)
  })

  test('two tabs of one session count a content once', async () => {
    const body = `<script>scene.observe('shared', scene.add())</script>`
    await using page = await visit({ body, tracker: { dedupe: 'session' } })
    await page.run(() => scene.counted(['shared']))
    await page.flush()
    const other = await page.openWindow('/')
    await other.run(async () => {
      await scene.wait(1_600)
      scene.tracker.track('like')
      await scene.tracker.flush()
    })
    expect(countedIds(page)).toEqual(['shared'])
    expect(page.heard('like')[0]!.sessionId).toBe(page.heard('impression')[0]!.sessionId)
  })

  test('a virtual list that gives 12 rows to 120 posts counts exactly those that rested', async () => {
    await using page = await visit()
    const rested = await page.run(async () => {
      const rows = Array.from({ length: 12 }, (_, row) => scene.add({ top: row * 60, height: 50 }))
      const rested: string[] = []
      const show = (from: number) => rows.forEach((row, index) => scene.observe(`${from + index}`, row))
      for (let turn = 0; turn < 4; turn++) {
        for (let from = turn * 30; from < turn * 30 + 18; from += 3) {
          show(from)
          await scene.wait(120)
        }
        show(turn * 30 + 18)
        const resting = rows.map((_, index) => `${turn * 30 + 18 + index}`)
        await scene.counted(resting)
        rested.push(...resting)
      }
      return rested
    })
    await page.flush()
    expect(countedIds(page)).toEqual([...rested].toSorted())
  })

  test('in a list that moves every content to the row above, what was on screen goes on', async () => {
    await using page = await visit()
    const observedAtMs = await page.run(async (ids) => {
      const rows = ids.map((_, row) => scene.add({ top: row * 35, height: 30 }))
      ids.forEach((id, row) => scene.observe(id, rows[row]!))
      const beganAtMs = { ...scene.observedAtMs }
      await scene.wait(600)
      // No content is stopped: observing a row for another content ends what it showed.
      ids.slice(1).forEach((id, row) => scene.observe(id, rows[row]!))
      scene.observe('new', rows.at(-1)!)
      await scene.counted([...ids.slice(1), 'new'])
      return beganAtMs
    }, twenty)
    await page.flush()
    expect(page.heard('impression', '0')).toEqual([])
    for (const id of twenty.slice(1)) {
      expectCountedAfter(page, id, observedAtMs[id]!, 1_000)
      const { atMs, confirmLagMs } = page.heard('impression', id)[0]!
      expect(atMs - confirmLagMs! - observedAtMs[id]!, 'the second that had begun goes on').toBeLessThan(1_550)
    }
  })
})

describe.skipIf(!chromiumPath).concurrent('in which order it is told', () => {
  test('a click on unseen content counts it as seen by interaction first, and its second counts nothing more', async () => {
    await using page = await visit()
    await page.run(() => {
      const element = scene.add()
      // Longer than a busy machine needs for a click.
      scene.observe('clicked', element, { minDurationMs: 3_000 })
      element.addEventListener('click', () => scene.tracker.click(scene.subject('clicked')))
    })
    await wait(200)
    for (const type of ['mousePressed', 'mouseReleased'])
      await page.send('Input.dispatchMouseEvent', { type, x: 100, y: 100, button: 'left', clickCount: 1 })
    await page.run(() => scene.wait(3_500))
    await page.flush()
    expect(page.heard('impression', 'clicked')).toMatchObject([{ rule: 'interaction' }])
    expect(page.heard('click', 'clicked')).toHaveLength(1)
    expect(page.heard('impression')[0]!.seq).toBeLessThan(page.heard('click')[0]!.seq!)
  })

  test('an impression comes before its view, and both before the click of a page opened by it', async () => {
    await using page = await visit({ tracker: { autoPage: true } })
    await page.run(async (ids) => {
      for (const id of ids) scene.observe(id, scene.addToGrid(Number(id)))
      await scene.counted(ids)
      scene.tracker.click(scene.subject('3'))
      history.pushState(null, '', '/post/3')
      await scene.wait(100)
      scene.tracker.click(scene.subject('3'))
      await scene.wait(100)
    }, twenty)
    await page.flush()
    const told = ['impression', 'click', 'view', 'page_view'].flatMap((type) => page.heard(type))
    const sorted = told.toSorted((one, other) => one.seq! - other.seq!)
    expect(sorted.map(({ seq }) => seq)).toEqual(sorted.map((_, index) => index))
    const ofThree = sorted.filter(({ content }) => content!.id === '3').map(({ type }) => type)
    expect(ofThree.slice(0, 4)).toEqual(['impression', 'click', 'view', 'impression'])
    expect(sorted.findLast(({ type }) => type === 'view')!.seq).toBeLessThan(
      sorted.find(({ content }) => content!.id === '/post/3')!.seq!,
    )
  })

  test('a second that is full when the page is left is counted on the way out, before its view', async () => {
    await using page = await visit()
    await page.run((ids) => {
      for (const id of ids) scene.observe(id, scene.addToGrid(Number(id)))
      setTimeout(() => {
        // The deadline passes in this task, so no timer has run when the page goes.
        scene.block(100)
        window.location.href = '/elsewhere'
      }, 960)
    }, twenty)
    await until('a view of each', () => page.heard('view').length >= twenty.length)
    expect(idsOf(page.heard('view'))).toEqual([...twenty].toSorted())
    expect(countedIds(page)).toEqual([...twenty].toSorted())
    for (const id of twenty) {
      expect(page.heard('impression', id)[0]!.seq).toBeLessThan(page.heard('view', id)[0]!.seq!)
      expect(page.heard('view', id)[0]!.durationMs).toBeGreaterThanOrEqual(1_000)
    }
  })
})
