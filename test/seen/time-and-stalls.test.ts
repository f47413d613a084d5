// How long it is on screen: a full second without a break, whatever the main thread and the clock on the wall do.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import {
  countedIds,
  expectCountedAfter,
  expectDuration,
  twenty,
  untilHeard,
  type Visit,
  wait,
  visitor,
} from '../support/visit'

const visit = visitor()

/** As many windows of one site as have something to do at the same time. */
const openFour = async (page: Visit) => [
  page,
  ...(await Promise.all([page.openWindow('/'), page.openWindow('/'), page.openWindow('/')])),
]

describe.skipIf(!chromiumPath).concurrent('how long it is on screen', () => {
  test('a card on screen for its second is counted once, not before and not twice', async () => {
    await using page = await visit()
    const observedAtMs = await page.run(async (ids) => {
      for (const id of ids) {
        scene.observe(id, scene.addToGrid(Number(id)))
        await scene.wait(23)
      }
      await scene.counted(ids)
      await scene.wait(1_200)
      return scene.observedAtMs
    }, twenty)
    await page.flush()
    for (const id of twenty) expectCountedAfter(page, id, observedAtMs[id]!, 1_000)
    expect(countedIds(page)).toHaveLength(twenty.length)
  })

  test('stretches of 400 ms are no second, unless they are added up', async () => {
    await using page = await visit()
    const { outMs, observedAtMs } = await page.run(async (ids) => {
      const elements = ids.flatMap((id) => {
        const pair = [scene.addToGrid(Number(id)), scene.addToGrid(Number(id) + 20)]
        scene.observe(id, pair[0]!)
        scene.observe(`added ${id}`, pair[1]!, { accumulate: true })
        return pair
      })
      const { observedAtMs, told } = scene
      let outMs = 0
      for (let stretch = 0; stretch < 8 && told.length < ids.length; stretch++) {
        await scene.wait(400)
        const leftAtMs = scene.now()
        for (const { style } of elements) style.translate = '-2000px'
        await scene.wait(200)
        outMs ||= scene.now() - leftAtMs
        for (const { style } of elements) style.translate = '0px'
      }
      for (const element of elements) element.remove()
      await scene.wait(1_200)
      return { outMs, observedAtMs }
    }, twenty)
    await page.flush()
    expect(countedIds(page)).toEqual(twenty.map((id) => `added ${id}`).toSorted())
    // Until the frame after it left, it is still on screen.
    const frameMs = 100
    for (const id of twenty)
      expectCountedAfter(page, `added ${id}`, observedAtMs[`added ${id}`]! + outMs, 1_000 - frameMs)
  })

  test('a card that leaves while the main thread stalls across its deadline is never counted, in 40 stalls', async () => {
    await using page = await visit()
    const windows = await openFour(page)
    const leftEarly = await Promise.all(
      windows.map((opened, number) =>
        opened.run(async (prefix) => {
          const leftEarly: string[] = []
          scene.observe(`${prefix} stays`, scene.add({ left: 500, css: 'position: fixed' }))
          for (let round = 0; round < 10; round++) {
            const ids = [0, 1, 2, 3].map((card) => `${prefix} ${round} ${card}`)
            const stops: (() => void)[] = []
            // Four deadlines within the stall that follows.
            for (const [card, id] of ids.entries()) {
              stops.push(scene.observe(id, scene.addToGrid(card)))
              await scene.wait(60)
            }
            await scene.wait(650)
            window.scrollTo(0, 3_000)
            // On a machine so busy that one had its second by now, it may count.
            const leftAtMs = scene.now()
            leftEarly.push(...ids.filter((id) => leftAtMs - scene.observedAtMs[id]! < 1_000))
            scene.block(350)
            await scene.wait(150)
            for (const stop of stops) stop()
            window.scrollTo(0, 0)
            await scene.wait(50)
          }
          await scene.counted([`${prefix} stays`])
          await scene.tracker.flush()
          return leftEarly
        }, `${number}`),
      ),
    )
    const counted = countedIds(page)
    expect(counted).toEqual(expect.arrayContaining(['0 stays', '1 stays', '2 stays', '3 stays']))
    expect(leftEarly.flat().length).toBeGreaterThan(80)
    expect(leftEarly.flat().filter((id) => counted.includes(id))).toEqual([])
  })

  test('a wheel turned during a stall of 1.5 s counts nothing that left, and the stall is in no duration', async () => {
    await using page = await visit()
    const windows = await openFour(page)
    const rounds = await Promise.all(
      windows.map(async (opened, number) => {
        const turnedInTime: string[] = []
        for (let round = 0; round < 5; round++) {
          const id = `${number} ${round}`
          await opened.run(async (id) => {
            window.scrollTo(0, 0)
            await scene.frame()
            scene.observe(id, scene.add({ top: 100 }))
            await scene.wait(600)
          }, id)
          const stalled = opened.run(async (id) => {
            const beganAtMs = performance.now()
            const turned = scene.happens(window, 'wheel')
            scene.block(1_500)
            const endedAtMs = performance.now()
            const { timeStamp } = await turned
            await scene.wait(600)
            const hadNoSecond = performance.timeOrigin + beganAtMs - scene.observedAtMs[id]! < 1_000
            return hadNoSecond && timeStamp > beganAtMs && timeStamp < endedAtMs && window.scrollY > 300
          }, id)
          await wait(200)
          const turn = { type: 'mouseWheel', x: 500, y: 600, deltaX: 0, deltaY: 3_000 }
          await opened.send('Input.dispatchMouseEvent', turn)
          // On a machine so busy that the wheel came late, the card may have stayed for its second.
          if (await stalled) turnedInTime.push(id)
        }
        await opened.run(async () => void (await scene.tracker.flush()))
        return turnedInTime
      }),
    )
    expect(rounds.flat().length).toBeGreaterThan(5)
    for (const id of rounds.flat()) {
      expect(page.heard('impression', id)).toEqual([])
      for (const view of page.heard('view', id)) expect(view.durationMs).toBeLessThan(1_000)
    }
  })

  test('time in a long stall is in no duration and is told as a stall', async () => {
    await using page = await visit()
    const { stayedMs, stalledMs } = await page.run(async (ids) => {
      const stops = ids.map((id) => scene.observe(id, scene.addToGrid(Number(id))))
      const startedAtMs = scene.now()
      await scene.counted(ids)
      await scene.wait(100)
      const stalledAtMs = scene.now()
      scene.block(1_200)
      const stalledMs = scene.now() - stalledAtMs
      await scene.wait(500)
      for (const stop of stops) stop()
      const stayedMs = scene.now() - startedAtMs
      await scene.wait(50)
      return { stayedMs, stalledMs }
    }, twenty)
    await page.flush()
    for (const id of twenty) {
      expect(page.heard('view', id)).toHaveLength(1)
      const { durationMs, stallMs } = page.heard('view', id)[0]!
      expect(stallMs).toBeGreaterThanOrEqual(Math.floor(stalledMs))
      expect(durationMs! + stallMs!).toBeLessThanOrEqual(Math.ceil(stayedMs) + 1)
      expect(durationMs! + stallMs!).toBeGreaterThan(stayedMs - 500)
    }
  })

  test('200 cards passed in a hurry are not seen and leave no timer', async () => {
    await using page = await visit()
    await page.run(async () => {
      for (let card = 0; card < 200; card++)
        scene.observe(`${card}`, scene.add({ top: 1_000 + card * 25, height: 100 }))
      await scene.wait(200)
      window.scrollTo(0, 8_000)
      await scene.wait(200)
      for (let frame = 0; frame < 60; frame++) {
        window.scrollTo(0, (frame * 2_000) % 8_000)
        await scene.frame()
      }
      window.scrollTo(0, 0)
      await scene.frame()
    })
    await page.send('Input.synthesizeScrollGesture', { x: 500, y: 400, yDistance: -8_000, speed: 16_000 })
    const timers = await page.run(async () => {
      await scene.wait(500)
      const [timers, scrolledPx] = [scene.pendingTimers(), window.scrollY]
      await scene.wait(1_000)
      return { timers, scrolledPx }
    })
    await page.flush()
    expect(timers).toEqual({ timers: 0, scrolledPx: 8_000 })
    expect([...page.heard('impression'), ...page.heard('view')]).toEqual([])
  })

  test('a clock that is set in between moves no deadline and no duration', async () => {
    await using page = await visit()
    const { observedAtMs, stoppedAtMs } = await page.run(async (ids) => {
      const { now } = Date
      const set = (offsetMs: number) => (Date.now = () => now() + offsetMs)
      const stops: (() => void)[] = []
      for (const id of ids) {
        stops.push(scene.observe(id, scene.addToGrid(Number(id))))
        await scene.wait(40)
      }
      set(3_600_000)
      await scene.wait(500)
      set(-7_200_000)
      await scene.counted(ids)
      await scene.wait(300)
      const stoppedAtMs = scene.now()
      for (const stop of stops) stop()
      await scene.wait(50)
      return { observedAtMs: scene.observedAtMs, stoppedAtMs }
    }, twenty)
    await page.flush()
    await untilHeard(page, twenty.length, 'view')
    for (const id of twenty) {
      expectCountedAfter(page, id, observedAtMs[id]!, 1_000)
      expect(page.heard('view', id)).toHaveLength(1)
      expectDuration(page.heard('view', id), stoppedAtMs - observedAtMs[id]!)
    }
  })
})
