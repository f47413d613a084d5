// What observation leaves behind and what it takes: elements, timers and native observers.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import { countedIds, type OpenWindow, visitor } from '../support/visit'

const visit = visitor()

const ELEMENTS = 10_000

/** Puts elements on the page five times, observes them and takes them away; tells how many of them can be reached. */
async function mountFiveTimes(page: OpenWindow, isStopped: boolean): Promise<number> {
  await page.send('HeapProfiler.enable')
  await page.run(
    async (count, isStopped) => {
      const all: WeakRef<Element>[] = []
      Object.assign(globalThis, { all })
      for (let round = 0; round < 5; round++) {
        const list = document.createElement('div')
        document.body.append(list)
        const stops: (() => void)[] = []
        for (let index = 0; index < count; index++) {
          const row = document.createElement('p')
          row.style.cssText = 'height: 20px; margin: 0'
          list.append(row)
          all.push(new WeakRef(row))
          stops.push(scene.tracker.observe(row, { content: { type: 'post', id: `${round} ${index}` } }))
        }
        // Some of them are on screen and have a running second.
        await scene.wait(250)
        if (isStopped) for (const stop of stops) stop()
        list.remove()
        await scene.wait(100)
      }
    },
    ELEMENTS,
    isStopped,
  )
  // A WeakRef that was made keeps its target until the end of its task; garbage may take several rounds to be seen as such.
  for (let round = 0; round < 4; round++) {
    await page.run(() => scene.wait(150))
    await page.send('HeapProfiler.collectGarbage')
  }
  return page.run(() => {
    const { all } = globalThis as unknown as { all: WeakRef<Element>[] }
    if (all.length < 50_000) throw new Error(`Expected 50,000 elements to have been there, got ${all.length}.`)
    return all.filter((ref) => ref.deref()).length
  })
}

describe.skipIf(!chromiumPath)('what observation costs', () => {
  test('10,000 elements mounted and unmounted five times leave no element and no timer', async () => {
    await using page = await visit()
    expect(await mountFiveTimes(page, true)).toBe(0)
    expect(await page.run(() => scene.pendingTimers())).toBe(0)
  })

  test('10,000 elements dropped five times without a word leave no element and no timer', async () => {
    await using page = await visit()
    expect(await mountFiveTimes(page, false)).toBe(0)
    expect(await page.run(() => scene.pendingTimers())).toBe(0)
  })

  test('an element that was kept is kept: the count of the reachable ones counts', async () => {
    await using page = await visit()
    await page.run(() => void Object.assign(globalThis, { kept: document.body }))
    await page.send('HeapProfiler.collectGarbage')
    const isKept = await page.run(async () => {
      const element = scene.add()
      Object.assign(globalThis, { kept: element, ref: new WeakRef(element) })
      element.remove()
      await scene.wait(100)
      return true
    })
    await page.send('HeapProfiler.collectGarbage')
    expect(isKept).toBe(true)
    expect(await page.run(() => !!(globalThis as unknown as { ref: WeakRef<Element> }).ref.deref())).toBe(true)
  })

  test('one native observer measures all elements, whatever percentage of each is asked for', async () => {
    await using page = await visit()
    const observers = await page.run(async () => {
      const before = scene.nativeObservers.length
      const thresholds = [0, 0.25, 0.3, 0.5, 0.75, 1]
      for (let slot = 0; slot < 36; slot++)
        scene.observe(`${slot}`, scene.addToGrid(slot), { threshold: thresholds[slot % 6], minDurationMs: 100 * slot })
      await scene.wait(300)
      return scene.nativeObservers.length - before
    })
    expect(observers).toBe(1)
  })

  test('above 2,000 elements the browser is asked to measure at most every 100 ms', async () => {
    await using page = await visit()
    const delays = await page.run(async () => {
      const delays = { few: 0, many: 0 }
      for (const [size, from, to] of [
        ['few', 0, 40],
        ['many', 40, 2_500],
      ] as const) {
        for (let id = from; id < to; id++) scene.observe(`${id}`, scene.addToGrid(id))
        await scene.wait(200)
        const { delay = 0 } = scene.nativeObservers.at(-1)! as { delay?: number }
        delays[size] = delay
      }
      await scene.counted(['0', '39'])
      return delays
    })
    await page.flush()
    expect(delays).toEqual({ few: 0, many: 100 })
    expect(countedIds(page).length).toBeGreaterThanOrEqual(40)
  })

  test('nothing runs while nothing is on screen', async () => {
    await using page = await visit()
    const timers = await page.run(async () => {
      for (let card = 0; card < 500; card++) scene.observe(`${card}`, scene.add({ top: 2_000 + card, height: 10 }))
      await scene.wait(500)
      return scene.pendingTimers()
    })
    expect(timers).toBe(0)
  })

  test('close() leaves no timer', async () => {
    await using page = await visit({ tracker: { autoPage: true } })
    const timers = await page.run(async () => {
      for (let slot = 0; slot < 40; slot++) scene.observe(`${slot}`, scene.addToGrid(slot))
      await scene.wait(1_300)
      await scene.tracker.flush()
      const before = scene.pendingTimers()
      scene.tracker.close()
      await scene.wait(300)
      return { before, after: scene.pendingTimers() }
    })
    expect(timers.before).toBeGreaterThan(0)
    expect(timers.after).toBe(0)
  })
})
