import { describe, expect, test, vi } from 'vitest'
import type { TrackerOptions, WireEvent } from '../../src/index'
import { media } from '../support/fake-media'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()
const about = (ms: number) => expect.closeTo(ms, -1)

function cinema(options: Partial<TrackerOptions> = {}) {
  const watches: WireEvent[] = []
  const events: string[] = []
  const tracker = world.page.start({
    flushIntervalMs: 1_000_000,
    ...options,
    beforeSend(event) {
      events.push(event.type)
      if (event.type === 'watch') watches.push(event)
      return event
    },
  })
  const watch = (player: Parameters<typeof tracker.observeMedia>[0], id = '9', wishes = {}) =>
    tracker.observeMedia(player, { content: { type: 'reel', id }, source: 'reels', position: 2 }, wishes)
  const told = () => watches.map(({ content, durationMs, endReason }) => [content!.id, durationMs, endReason])
  return { page: world.page, tracker, watch, watches, events, told }
}

/** A reel on screen that plays. */
async function playing(wishes?: Parameters<typeof media.add>[0], options?: Partial<TrackerOptions>) {
  const site = cinema(options)
  const video = media.add(wishes)
  const stop = site.watch(video)
  site.page.show(video)
  await site.page.advance(10)
  media.play(video)
  return { ...site, video, stop }
}

describe('a watch', () => {
  test('is told once, when the viewer scrolls away', async () => {
    const { page, video, watches } = await playing()
    await page.advance(3_000)
    expect(watches).toEqual([])
    page.leave(video)
    await page.advance(5_000)
    expect(watches).toMatchObject([
      {
        type: 'watch',
        content: { type: 'reel', id: '9' },
        source: 'reels',
        position: 2,
        durationMs: about(3_000),
        mediaDurationMs: 10_000,
        endReason: 'left',
      },
    ])
    expect(watches[0]).not.toHaveProperty('pipMs')
    expect(watches[0]).toMatchObject({ completed: false })
  })

  test('makes no impression and no view', async () => {
    const { page, video, events } = await playing()
    await page.advance(3_000)
    page.leave(video)
    await page.advance(10)
    expect(events).toEqual(['watch'])
  })

  test('counts playing time only, and a pause does not end it', async () => {
    const { page, video, told } = await playing()
    await page.advance(1_110)
    media.pause(video)
    await page.advance(4_000)
    media.play(video)
    await page.advance(1_220)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_330), 'left']])
  })

  test('counts time on screen only: what plays below the screen is not watched', async () => {
    const { page, watch, told } = cinema()
    const video = media.add()
    watch(video)
    media.play(video)
    await page.advance(4_000)
    page.show(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('knows a player that played before it was watched', async () => {
    const { page, watch, told } = cinema()
    const video = media.add()
    page.show(video)
    media.play(video)
    await page.advance(1_000)
    watch(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test.each([
    [0.4, {}, 0],
    [0.4, { threshold: 0.3 }, 1],
    [0.6, {}, 1],
  ])('at a share of %f on screen with %o is told %i times', async (share, wishes, times) => {
    const { page, watch, watches } = cinema()
    const video = media.add()
    watch(video, '9', wishes)
    page.show(video, share)
    media.play(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toHaveLength(times)
  })

  test('of a player larger than the screen is measured against the screen', async () => {
    const { page, watch, told } = cinema()
    const video = media.add()
    page.place(video, { top: -600, height: 2_000, width: 1_000 })
    watch(video)
    media.play(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('is not told where nothing was played', async () => {
    const { page, watch, watches } = cinema()
    const video = media.add()
    watch(video)
    page.show(video)
    await page.advance(5_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toEqual([])
  })

  test('begins anew when the viewer comes back', async () => {
    const { page, video, told } = await playing()
    for (const ms of [1_000, 2_000]) {
      await page.advance(ms)
      page.leave(video)
      await page.advance(500)
      page.show(video)
    }
    await page.advance(3_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([
      ['9', about(1_000), 'left'],
      ['9', about(2_000), 'left'],
      ['9', about(3_000), 'left'],
    ])
  })

  test('does not count waiting for the network', async () => {
    const { page, video, told } = await playing()
    await page.advance(1_100)
    media.wait(video)
    await page.advance(3_300)
    media.resume(video)
    await page.advance(900)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('does not count what was skipped, and counts what is played after it', async () => {
    const { page, video, watches } = await playing({ durationMs: 60_000 })
    await page.advance(1_000)
    media.seek(video, 50_000)
    await page.advance(2_000)
    media.resume(video)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    // The player is looked at 4 times a second: what it did in the quarter before the jump is not known.
    expect(watches[0]!.durationMs).toBeGreaterThan(1_990)
    expect(watches[0]!.durationMs).toBeLessThanOrEqual(2_260)
  })

  test('counts nothing for a seek of a paused player', async () => {
    const { page, video, told } = await playing({ durationMs: 60_000 })
    await page.advance(1_000)
    media.pause(video)
    await page.advance(1_000)
    media.seek(video, 50_000)
    media.resume(video)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(1_000), 'left']])
  })

  test('counts the time of the viewer, not of the media, at another speed', async () => {
    const { page, video, told } = await playing()
    await page.advance(2_000)
    media.setRate(video, 2)
    await page.advance(2_110)
    media.pause(video)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(4_110), 'left']])
  })

  test('is never longer than the media, however slowly it was played', async () => {
    const { page, video, watches } = await playing({ durationMs: 4_000 })
    media.setRate(video, 0.5)
    await page.advance(9_000)
    expect(watches).toMatchObject([{ durationMs: 4_000, completed: true }])
  })

  test('leaves a stall of the page out', async () => {
    const { page, video, told } = await playing()
    await page.advance(1_000)
    await page.block(3_000)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', expect.closeTo(2_000, -3), 'left']])
  })

  test('counts a pause of the page that is no stall', async () => {
    const { page, video, told } = await playing()
    await page.advance(1_000)
    await page.block(200)
    await page.advance(800)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('of a live stream has no length and no end', async () => {
    const { page, video, watches } = await playing({ durationMs: Infinity })
    await page.advance(30_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([{ durationMs: about(30_000) }])
    expect(watches[0]).not.toHaveProperty('mediaDurationMs')
    expect(watches[0]).toMatchObject({ completed: false })
  })
})

describe('the end of the media', () => {
  test('completes the watch, once', async () => {
    const { page, video, watches } = await playing({ durationMs: 5_000 })
    await page.advance(8_000)
    expect(watches).toMatchObject([{ durationMs: about(5_000), completed: true, endReason: 'ended' }])
    page.leave(video)
    await page.advance(10)
    expect(watches).toHaveLength(1)
  })

  test('is followed by a new watch when it is played again', async () => {
    const { page, video, watches } = await playing({ durationMs: 5_000 })
    await page.advance(6_000)
    media.play(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([
      { durationMs: about(5_000), completed: true, endReason: 'ended' },
      { durationMs: expect.closeTo(2_000, -2), endReason: 'left' },
    ])
    expect(watches[1]).toMatchObject({ completed: false })
  })

  test('is not missed when the site plays it again at once', async () => {
    const { page, video, watches } = await playing({ durationMs: 5_000 })
    await page.advance(5_000)
    media.play(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([{ completed: true, endReason: 'ended' }, { endReason: 'left' }])
    expect(watches[1]).toMatchObject({ completed: false })
    expect(watches[0]!.durationMs! + watches[1]!.durationMs!).toEqual(expect.closeTo(7_000, -3))
  })

  test('in a loop completes a pass and goes on in the same watch', async () => {
    const { page, video, watches } = await playing({ durationMs: 3_000, loop: true })
    await page.advance(8_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([
      { durationMs: about(8_000), mediaDurationMs: 3_000, completed: true, endReason: 'left' },
    ])
  })

  test('in a loop is not reached by going back', async () => {
    const { page, video, watches } = await playing({ durationMs: 10_000, loop: true })
    await page.advance(4_000)
    media.seek(video, 0)
    media.resume(video)
    await page.advance(4_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([{ durationMs: about(8_000) }])
    expect(watches[0]).toMatchObject({ completed: false })
  })

  test('bounds each pass of a loop, whatever was played twice in it', async () => {
    const { page, video, watches } = await playing({ durationMs: 4_000, loop: true })
    await page.advance(3_000)
    media.seek(video, 0)
    media.resume(video)
    await page.advance(3_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([{ durationMs: 4_000 }])
    expect(watches[0]).toMatchObject({ completed: false })
  })

  test('that was not watched makes no watch', async () => {
    const { page, watch, watches } = cinema()
    const video = media.add({ durationMs: 1_000 })
    watch(video)
    media.play(video)
    await page.advance(2_000)
    page.show(video)
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toEqual([])
  })
})

describe('a watch ends', () => {
  test.each([
    ['hidden', () => world.page.hide()],
    ['pagehide', () => world.page.exit()],
    ['frozen', () => world.page.freeze()],
  ])('as %s when the page is, and leaves with it', async (endReason, leave) => {
    const { page, told } = await playing()
    await page.advance(2_000)
    leave()
    expect(told()).toEqual([['9', about(2_000), endReason]])
    await page.settle()
    expect(page.sent).toMatchObject([{ type: 'watch', endReason }])
  })

  test('while the page is hidden: nobody watches what plays on', async () => {
    const { page, video, told } = await playing({ durationMs: 60_000 })
    await page.advance(2_000)
    page.hide()
    await page.advance(20_000)
    page.unhide()
    await page.advance(3_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([
      ['9', about(2_000), 'hidden'],
      ['9', about(3_000), 'left'],
    ])
  })

  test('as removed when the element is taken away', async () => {
    const { page, video, told } = await playing()
    await page.advance(2_000)
    video.remove()
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'removed']])
  })

  test('as untracked when it is stopped', async () => {
    const { page, stop, told } = await playing()
    await page.advance(2_000)
    stop()
    stop()
    await page.advance(2_000)
    expect(told()).toEqual([['9', about(2_000), 'untracked']])
  })

  test('as recycled when the player shows another content, which has a watch of its own', async () => {
    const { page, video, watch, told, watches } = await playing()
    await page.advance(2_000)
    media.load(video)
    watch(video, '10')
    expect(told()).toEqual([['9', about(2_000), 'recycled']])
    expect(watches).toMatchObject([{ mediaDurationMs: 10_000 }])
    await page.advance(500)
    media.play(video)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(told()[1]).toEqual(['10', about(1_000), 'left'])
  })

  test('as route when another page begins, and goes on there as another one', async () => {
    const { page, video, tracker, told } = await playing()
    await page.advance(2_000)
    tracker.page()
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([
      ['9', about(2_000), 'route'],
      ['9', about(1_000), 'left'],
    ])
  })

  test('as closed when the tracker is, and nothing comes after it', async () => {
    const { page, video, tracker, told } = await playing()
    await page.advance(2_000)
    tracker.close()
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'closed']])
  })
})

describe('a player', () => {
  test('goes on without a break when the same content is observed again', async () => {
    const { page, video, watch, told } = await playing()
    for (let time = 0; time < 5; time++) {
      await page.advance(400)
      watch(video)
    }
    page.leave(video)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('goes on when a framework unmounts and mounts it within one task', async () => {
    const { page, video, watch, stop, told } = await playing()
    await page.advance(1_000)
    stop()
    const again = watch(video)
    await page.advance(1_000)
    stop()
    await page.advance(10)
    again()
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_010), 'untracked']])
  })

  test('beside another one of the same content has its own watch', async () => {
    const { page, video, watch, told } = await playing()
    const other = media.add()
    watch(other)
    page.show(other)
    await page.advance(1_000)
    media.play(other)
    await page.advance(1_000)
    page.leave(video)
    page.leave(other)
    await page.advance(10)
    expect(told()).toEqual([
      ['9', about(2_000), 'left'],
      ['9', about(1_000), 'left'],
    ])
  })

  test('that is replaced by another one of the same content keeps what it had', async () => {
    const { page, video, watch, stop, told } = await playing()
    await page.advance(1_000)
    stop()
    video.remove()
    const other = media.add()
    watch(other)
    page.show(other)
    media.play(other)
    await page.advance(2_000)
    page.leave(other)
    await page.advance(10)
    expect(told()).toEqual([
      ['9', about(1_000), 'removed'],
      ['9', about(2_000), 'left'],
    ])
  })

  test('is observed for impressions at the same time', async () => {
    const { page, video, tracker, events } = await playing()
    tracker.observe(video, { content: { type: 'post', id: '1' } })
    await page.advance(2_000)
    page.leave(video)
    await page.advance(10)
    expect(events).toEqual(['impression', 'view', 'watch'])
  })

  test('without a box is watched where its card is on screen', async () => {
    const { page, watch, told } = cinema()
    const audio = media.plain()
    const card = page.add()
    watch(audio, '9', { element: card })
    media.play(audio)
    await page.advance(1_000)
    page.show(card)
    await page.advance(2_000)
    page.leave(card)
    await page.advance(10)
    expect(told()).toEqual([['9', about(2_000), 'left']])
  })

  test('tells source and position of the moment of the event', async () => {
    const { page, tracker, watches } = cinema()
    const video = media.add()
    let position = 1
    tracker.observeMedia(video, () => ({ content: { type: 'reel', id: '9' }, position }))
    page.show(video)
    media.play(video)
    await page.advance(1_000)
    position = 7
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([{ position: 7 }])
  })
})

describe('picture-in-picture', () => {
  test('counts apart, and scrolling away does not end the watch', async () => {
    const { page, video, watches } = await playing()
    await page.advance(1_000)
    page.with(document, 'pictureInPictureElement', video)
    await page.advance(250)
    page.leave(video)
    await page.advance(2_750)
    expect(watches).toEqual([])
    page.show(video)
    await page.advance(10)
    page.with(document, 'pictureInPictureElement', null)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(10)
    expect(watches).toMatchObject([
      { durationMs: expect.closeTo(2_000, -3), pipMs: expect.closeTo(3_000, -3), endReason: 'left' },
    ])
    expect(watches[0]!.durationMs! + watches[0]!.pipMs!).toEqual(about(5_010))
  })

  test('that is closed while the player is off screen ends the watch', async () => {
    const { page, video, watches } = await playing()
    page.with(document, 'pictureInPictureElement', video)
    await page.advance(1_000)
    page.leave(video)
    await page.advance(1_000)
    page.with(document, 'pictureInPictureElement', null)
    await page.advance(300)
    expect(watches).toMatchObject([{ endReason: 'left', pipMs: expect.closeTo(2_000, -3) }])
  })

  test('that goes on while the page is hidden is told with the watch after it', async () => {
    const { page, video, watches } = await playing({ durationMs: 60_000 })
    page.with(document, 'pictureInPictureElement', video)
    await page.advance(1_000)
    page.hide()
    await page.advance(10_000)
    media.pause(video)
    await page.advance(10_000)
    page.unhide()
    await page.advance(1_000)
    page.with(document, 'pictureInPictureElement', null)
    page.leave(video)
    await page.advance(300)
    expect(watches).toMatchObject([
      { endReason: 'hidden', pipMs: expect.closeTo(1_000, -3) },
      { endReason: 'left', durationMs: 0, pipMs: about(10_000) },
    ])
  })

  test.each(['on screen', 'scrolled away'])(
    'that ends with the return to the page is told, the player %s',
    async (place) => {
      const { page, video, watches } = await playing({ durationMs: 60_000 })
      page.with(document, 'pictureInPictureElement', video)
      await page.advance(1_000)
      if (place === 'scrolled away') page.leave(video)
      await page.advance(10)
      page.hide()
      await page.advance(10_000)
      page.with(document, 'pictureInPictureElement', null)
      page.unhide()
      await page.advance(300)
      expect(watches).toMatchObject([
        { endReason: 'hidden', pipMs: expect.closeTo(1_010, -3) },
        { endReason: 'hidden', durationMs: 0, pipMs: about(10_000) },
      ])
    },
  )

  test('makes no impression', async () => {
    const { page, video, tracker, events } = await playing()
    tracker.observe(video, { content: { type: 'post', id: '1' }, source: 'feed' })
    page.with(document, 'pictureInPictureElement', video)
    page.leave(video)
    await page.advance(3_000)
    expect(events).toEqual([])
  })
})

test('a feed of reels tells one watch for each reel that was scrolled past', async () => {
  const { page, watch, told } = cinema()
  const reels = ['a', 'b', 'c'].map((id, index) => {
    const reel = media.add({ durationMs: 30_000, loop: true })
    page.place(reel, { top: index * 800, width: 450, height: 800 })
    watch(reel, id)
    return reel
  })
  for (const [index, ms] of [2_000, 15_000, 30_000].entries()) {
    media.play(reels[index]!)
    await page.advance(ms)
    media.pause(reels[index]!)
    page.scroll(800, ...reels)
    await page.advance(20)
  }
  expect(told()).toEqual([
    ['a', about(2_000), 'left'],
    ['b', about(15_000), 'left'],
    ['c', about(30_000), 'left'],
  ])
})

describe('observeMedia() does nothing, and says so,', () => {
  const content = { type: 'reel', id: '9' }
  test.each<[string, unknown, unknown, unknown]>([
    ['an element', null, { content }, undefined],
    ['a media element', document.createElement('div'), { content }, undefined],
    ['content', document.createElement('video'), {}, undefined],
    ['an element', media.plain(), { content }, undefined],
    ['threshold', document.createElement('video'), { content }, { threshold: 50 }],
  ])('where it expected %s', async (expected, player, subject, wishes) => {
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
    const { page, tracker } = cinema({ debug: true })
    const stop = tracker.observeMedia(player as never, subject as never, wishes as never)
    stop()
    await page.advance(10)
    expect(debug.mock.calls.flat().join()).toContain(`observeMedia() does nothing: expected ${expected}`)
    debug.mockRestore()
  })
})
