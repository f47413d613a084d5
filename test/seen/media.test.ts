// How long media was watched: it plays and is on screen, in real time, once for each time that it is left.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import { expectWatched, until, untilHeard, visitor, wait } from '../support/visit'

const visit = visitor()

const watchReel = (id: string) => ({ content: { type: 'reel', id } })

describe.skipIf(!chromiumPath).concurrent('how long media is watched', () => {
  test('a pause is not watched, and scrolling away ends the watch', async () => {
    await using page = await visit()
    const playedMs = await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(20_000))
      scene.tracker.observeMedia(player, subject)
      await player.play()
      const beganAtMs = scene.now()
      await scene.wait(900)
      player.pause()
      const pausedAtMs = scene.now()
      await scene.wait(800)
      const resumedAtMs = scene.now()
      await player.play()
      await scene.wait(900)
      window.scrollTo(0, 3_000)
      await scene.frame()
      await scene.frame()
      const leftAtMs = scene.now()
      await scene.toldOf('watch')
      await scene.wait(500)
      return leftAtMs - beganAtMs - (resumedAtMs - pausedAtMs)
    }, watchReel('9'))
    await page.flush()
    expect(page.heard('watch', '9')).toMatchObject([{ mediaDurationMs: 20_000 }])
    expect(page.heard('watch', '9')[0]!.completed).toBeFalsy()
    expectWatched(page.heard('watch'), playedMs)
  })

  test('watched to its end it is completed, and a replay is another watch', async () => {
    await using page = await visit()
    await page.touch()
    await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(900), { tag: 'audio' })
      scene.tracker.observeMedia(player, subject)
      for (let pass = 0; pass < 3; pass++) {
        const ended = scene.happens(player, 'ended')
        await player.play()
        await ended
        await scene.toldOf('watch', pass + 1)
        await scene.wait(300)
      }
    }, watchReel('9'))
    await page.flush()
    const watches = page.heard('watch', '9')
    expect(watches.map(({ completed }) => completed)).toEqual([true, true, true])
    for (const watch of watches) {
      expect(watch.mediaDurationMs).toBe(900)
      // No pass is longer than the media itself.
      expect(watch.durationMs).toBeLessThanOrEqual(900)
      expect(watch.durationMs).toBeGreaterThan(900 - 300)
    }
  })

  test('what is skipped by seeking is not watched', async () => {
    await using page = await visit()
    const playedMs = await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(10_000))
      scene.tracker.observeMedia(player, subject)
      const beganAtMs = scene.now()
      await player.play()
      await scene.wait(600)
      player.currentTime = 9_000 / 1_000
      await scene.happens(player, 'ended')
      const endedAtMs = scene.now()
      await scene.toldOf('watch')
      await scene.wait(300)
      return endedAtMs - beganAtMs
    }, watchReel('9'))
    await page.flush()
    expect(page.heard('watch')).toHaveLength(1)
    expectWatched(page.heard('watch'), playedMs)
    expect(page.heard('watch')[0]!.durationMs).toBeLessThan(5_000)
  })

  test('at double speed the time of the viewer counts, not that of the media', async () => {
    await using page = await visit()
    const playedMs = await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(3_000))
      scene.tracker.observeMedia(player, subject)
      player.playbackRate = 2
      const beganAtMs = scene.now()
      await player.play()
      await scene.happens(player, 'ended')
      const endedAtMs = scene.now()
      await scene.toldOf('watch')
      await scene.wait(300)
      return endedAtMs - beganAtMs
    }, watchReel('9'))
    await page.flush()
    expect(page.heard('watch')).toMatchObject([{ mediaDurationMs: 3_000, completed: true }])
    expectWatched(page.heard('watch'), playedMs)
  })

  test('in a loop every pass counts until the viewer leaves', async () => {
    await using page = await visit()
    const playedMs = await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(800), { loop: true })
      const stop = scene.tracker.observeMedia(player, subject)
      const beganAtMs = scene.now()
      await player.play()
      await scene.wait(2_600)
      stop()
      const stoppedAtMs = scene.now()
      await scene.wait(200)
      return stoppedAtMs - beganAtMs
    }, watchReel('9'))
    await page.flush()
    const watches = page.heard('watch')
    expectWatched(watches, playedMs)
    expect(watches[0]!.completed).toBe(true)
    for (const { mediaDurationMs } of watches) expect(mediaDurationMs).toBe(800)
  })

  test('a hidden page ends the watch, although the sound goes on, and the return begins another', async () => {
    await using page = await visit()
    await page.touch()
    await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(30_000), { tag: 'audio' })
      scene.tracker.observeMedia(player, subject)
      // Chromium pauses muted sound in the background.
      Object.assign(player, { muted: false, volume: 0.01 })
      await player.play()
      scene.observedAtMs.played = scene.now()
      await scene.wait(700)
    }, watchReel('9'))
    await page.hide()
    await wait(1_500)
    const isPlaying = await page.run(() => !document.querySelector('audio')!.paused)
    await page.show()
    const { life, playedAtMs, closedAtMs } = await page.run(async () => {
      await scene.wait(700)
      await scene.tracker.flush()
      scene.tracker.close()
      const closedAtMs = scene.now()
      return { life: scene.life, playedAtMs: scene.observedAtMs.played!, closedAtMs }
    })
    await untilHeard(page, 2, 'watch')
    const [hidden, shown] = life.filter(({ type }) => type === 'visibilitychange')
    const watches = page.heard('watch')
    expect(isPlaying, 'the player plays on while hidden').toBe(true)
    expect(watches).toHaveLength(2)
    expectWatched(watches.slice(0, 1), hidden!.atMs - playedAtMs)
    expectWatched(watches.slice(1), closedAtMs - shown!.atMs)
  })

  test('a feed of reels tells one watch for each that was scrolled away from', async () => {
    await using page = await visit()
    const watchedMs = await page.run(async () => {
      const feed = scene.addScroller({ width: 400, height: 700, css: 'scroll-snap-type: y mandatory' })
      const reels: HTMLMediaElement[] = []
      for (let reel = 0; reel < 5; reel++) {
        const slide = scene.add({ into: feed, top: reel * 700, height: 700, css: 'scroll-snap-align: start' })
        const player = await scene.addPlayer(scene.soundUrl(20_000), { into: slide, loop: true, top: 200 })
        scene.tracker.observeMedia(player, { content: { type: 'reel', id: `${reel}` } })
        reels.push(player)
      }
      const watchedMs: number[] = []
      for (let reel = 0; reel < 5; reel++) {
        feed.scrollTop = reel * 700
        await scene.frame()
        const beganAtMs = scene.now()
        await reels[reel]!.play()
        await scene.wait(900 + reel * 100)
        feed.scrollTop = (reel + 1) * 700
        if (reel === 4) scene.tracker.close()
        // Players of a feed are often told to pause only after they left.
        await scene.frame()
        await scene.frame()
        watchedMs.push(scene.now() - beganAtMs)
        reels[reel]!.pause()
      }
      return watchedMs
    })
    await untilHeard(page, 5, 'watch')
    await wait(300)
    expect(page.heard('watch').map(({ content }) => content!.id)).toEqual(['0', '1', '2', '3', '4'])
    page.heard('watch').forEach((watch, reel) => expectWatched([watch], watchedMs[reel]!))
    // What goes on underneath the next reel is not watched.
    expect(page.heard('watch').some(({ completed }) => completed)).toBe(false)
  })

  test('waiting for data is not watched', async () => {
    await using page = await visit()
    const { restMs, playedMs } = await page.run(async (subject) => {
      const chunks = await scene.recordFilm(2_500)
      const source = new MediaSource()
      const opened = scene.happens(source, 'sourceopen')
      const player = document.createElement('video')
      Object.assign(player, { muted: true, src: URL.createObjectURL(source) })
      player.style.cssText = 'width: 300px; height: 200px; display: block'
      document.body.append(player)
      await opened
      const buffer = source.addSourceBuffer('video/webm; codecs=vp8')
      const append = async (some: Blob[]) => {
        const added = scene.happens(buffer, 'updateend')
        buffer.appendBuffer(await new Blob(some).arrayBuffer())
        await added
      }
      const half = Math.ceil(chunks.length / 2)
      await append(chunks.slice(0, half))
      scene.tracker.observeMedia(player, subject)
      const beganAtMs = scene.now()
      await player.play()
      const stoppedAtMs = await scene.comesToRest(player)
      await scene.wait(1_500)
      const ended = scene.happens(player, 'ended')
      await append(chunks.slice(half))
      source.endOfStream()
      const restMs = (await scene.movesOn(player)) - stoppedAtMs
      await ended
      const playedMs = scene.now() - beganAtMs - restMs
      await scene.toldOf('watch')
      return { restMs, playedMs }
    }, watchReel('9'))
    await page.flush()
    expect(restMs).toBeGreaterThan(1_000)
    expect(page.heard('watch')).toMatchObject([{ completed: true }])
    expectWatched(page.heard('watch'), playedMs)
  })

  test('a picture in its own window is watched apart from the page', async () => {
    await using page = await visit()
    await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.liveFilm())
      scene.tracker.observeMedia(player, subject)
      await player.play()
      await scene.wait(400)
    }, watchReel('9'))
    await page.touch()
    await page.run(async () => void (await document.querySelector('video')!.requestPictureInPicture()))
    await page.hide()
    const position = () => page.run(() => document.querySelector('video')!.currentTime)
    const before = await position()
    await wait(1_000)
    expect((await position()) - before, 'seconds played while hidden').toBeGreaterThan(0.8)
    await page.show()
    await page.run(async () => {
      await document.exitPictureInPicture()
      await scene.wait(100)
      await scene.tracker.flush()
      scene.tracker.close()
    })
    await until('the watches', () => page.heard('watch').length > 0)
    await wait(300)
    const pipMs = page.heard('watch').reduce((sum, watch) => sum + Number((watch as { pipMs?: number }).pipMs ?? 0), 0)
    // The page was hidden for a second, and the picture was open for longer.
    expect(pipMs).toBeGreaterThan(800)
    expect(page.heard('impression')).toEqual([])
  })

  test('leaving the page ends the watch on the way out', async () => {
    await using page = await visit()
    const playedMs = await page.run(async (subject) => {
      const player = await scene.addPlayer(scene.soundUrl(20_000))
      scene.tracker.observeMedia(player, subject)
      const beganAtMs = scene.now()
      await player.play()
      await scene.wait(800)
      return scene.now() - beganAtMs
    }, watchReel('9'))
    await page.goto(`${page.origin}/elsewhere`)
    await untilHeard(page, 1, 'watch')
    await wait(200)
    expect(page.heard('watch')).toHaveLength(1)
    expect(page.heard('watch')[0]!.durationMs).toBeGreaterThan(playedMs - 400)
    expect(page.heard('watch')[0]!.completed).toBeFalsy()
  })
})
