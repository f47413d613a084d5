// The overlay in a page: what it shows of a real tracker, how it is worked by keyboard, and that nothing is left of it.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openDevtools } from '../../src/devtools'
import { createTracker, type TrackerOptions } from '../../src/index'
import { fakeViewport } from '../../src/testing'
import { watchListeners } from '../support/no-leaks'

const endpoint = 'https://collect.test'
/** Longer than the overlay takes to look again, in milliseconds. */
const SOON_MS = 300

let viewport: ReturnType<typeof fakeViewport>
let close: () => void

beforeEach(() => {
  vi.useFakeTimers()
  viewport = fakeViewport()
})
afterEach(() => {
  close()
  viewport.restore()
  document.body.replaceChildren()
  vi.useRealTimers()
})

function open(options: Partial<TrackerOptions> = {}) {
  const { tracker, destroy } = openDevtools(createTracker, {
    endpoint,
    autoPage: false,
    storage: 'memory',
    transport: { send: async () => ({ status: 200 }), sendAtExit: () => true },
    ...options,
  })
  close = () => {
    destroy()
    tracker.close()
  }
  return { tracker, destroy }
}

const root = () => document.querySelector('sightline-devtools')!.shadowRoot!
const rows = () => [...root().querySelectorAll('li')].map((row) => row.textContent)
const press = (name: string) =>
  [...root().querySelectorAll('button')].find(({ textContent }) => textContent?.startsWith(name))!.click()
const number = (name: string) =>
  [...root().querySelectorAll('dl div')]
    .find((cell) => cell.querySelector('dt')?.textContent === name)!
    .querySelector('dd')!.textContent
const add = () => document.body.appendChild(document.createElement('article'))

describe('of an element the overlay says that it', () => {
  const subject = { content: { type: 'post', id: 42 }, source: 'feed', position: 3 }

  test('was not on screen yet', async () => {
    open().tracker.observe(add(), subject)
    await viewport.advance(SOON_MS)
    expect(rows()).toEqual(['post:42 feed @3not counted: not on screen yet'])
  })

  test('was counted, and stays counted when it leaves', async () => {
    const card = add()
    open().tracker.observe(card, subject)
    viewport.show(card, 0.8)
    await viewport.advance(1_100)
    viewport.leave(card)
    await viewport.advance(SOON_MS)
    expect(rows()).toEqual(['post:42 feed @3counted: enough of it was on screen, long enough (80 %)'])
  })

  test('left too early, and how early', async () => {
    const card = add()
    open().tracker.observe(card, subject)
    viewport.show(card)
    await viewport.advance(608)
    viewport.leave(card)
    await viewport.advance(SOON_MS)
    expect(rows()[0]).toMatch(/not counted: it left the screen after 6\d\d ms, 1,000 ms are asked for$/)
  })

  test('never was on screen enough', async () => {
    const card = add()
    open().tracker.observe(card, subject)
    viewport.show(card, 0.3)
    await viewport.advance(2_000)
    viewport.leave(card)
    await viewport.advance(SOON_MS)
    expect(rows()[0]).toContain('not counted: 30 % of it was on screen at most, 50 % are asked for')
  })

  test('is the one of two with this content', async () => {
    const [first, second] = [add(), add()]
    const { tracker } = open()
    tracker.observe(first, { ...subject, position: 0 })
    tracker.observe(second, { ...subject, position: 1 })
    viewport.show(second)
    await viewport.advance(1_400)
    expect(rows()).toEqual([
      expect.stringMatching(/^post:42 feed @1counted/),
      'post:42 feed @0not counted: not on screen yet',
    ])
  })

  test('is observed no more', async () => {
    const stop = open().tracker.observe(add(), subject)
    stop()
    await viewport.advance(SOON_MS)
    expect(rows()).toEqual(['post:42 feed @3not counted: not on screen yet (observed no more)'])
  })

  test('has moved in its list since, without another call', async () => {
    let position = 3
    open().tracker.observe(add(), () => ({ ...subject, position }))
    await viewport.advance(SOON_MS)
    position = 0
    press('Events')
    press('Elements')
    expect(rows()[0]).toContain('post:42 feed @0')
  })

  test('is watched, for media', async () => {
    open().tracker.observeMedia(document.createElement('video'), { content: { type: 'reel', id: '9' } })
    await viewport.advance(SOON_MS)
    expect(rows()).toEqual(['watch reel:9watched: told when somebody stops watching'])
  })

  test('was given with something that is no content, as a message', async () => {
    open().tracker.observe(add(), { content: { type: 'no type', id: '1' } })
    press('Messages')
    expect(rows()).toEqual(['observe() does nothing: expected content such as { type: "post", id: "42" }.'])
  })

  test('is gone when it is one of more than a hundred', async () => {
    const { tracker } = open()
    tracker.observe(add(), { content: { type: 'post', id: 'ended' } })()
    for (let id = 0; id < 100; id++) tracker.observe(add(), { content: { type: 'post', id } })
    await viewport.advance(SOON_MS)
    expect(rows()).toHaveLength(100)
    expect(rows().join()).not.toContain('ended')
  })
})

describe('of an event the overlay says that it', () => {
  const like = { content: { type: 'post', id: '42' }, source: 'feed', position: 3 }

  test('waits, then that it is delivered', async () => {
    const { tracker } = open()
    tracker.track('like', like)
    press('Events')
    expect(rows()).toEqual(['like post:42 feed @3waits'])
    expect(number('queued')).toBe('1')
    await viewport.advance(5_300)
    expect(rows()).toEqual(['like post:42 feed @3delivered'])
    expect([number('queued'), number('delivered')]).toEqual(['0', '1'])
  })

  test.each([
    ['before_send', { beforeSend: () => null }],
    ['consent', { consent: 'denied' }],
    ['sampled', { sampleRate: 0 }],
  ] as const)('was dropped as %s', async (reason, options) => {
    open(options).tracker.track('like', like)
    press('Events')
    await viewport.advance(SOON_MS)
    expect(rows()).toEqual([`like post:42 feed @3dropped: ${reason}`])
    expect(number('dropped')).toBe('1')
    expect(root().querySelector('header')!.textContent).toContain(`${reason} 1`)
  })

  test('waits on, with what the collector answered as a message', async () => {
    const { tracker } = open({ transport: { send: async () => ({ status: 503 }) } })
    tracker.track('like', like)
    await viewport.advance(5_300)
    press('Events')
    expect(rows()).toEqual(['like post:42 feed @3waits'])
    press('Messages')
    expect(rows()[0]).toMatch(/^1 event\(s\) were answered with 503/)
  })

  test('is one of the last fifty', async () => {
    const { tracker } = open()
    for (let count = 0; count < 60; count++) tracker.track('like', { position: count })
    press('Events')
    expect(rows()).toHaveLength(50)
    expect(rows()[0]).toBe('like @59waits')
  })
})

describe('the page', () => {
  test('gets its own hooks called, and their answers obeyed', () => {
    const debug = vi.fn<(sentence: string, ...details: object[]) => void>()
    const onDrop = vi.fn<NonNullable<TrackerOptions['onDrop']>>()
    const { tracker } = open({ debug, onDrop, beforeSend: (event) => (event.type === 'like' ? null : event) })
    tracker.track('like')
    tracker.track('share')
    expect(onDrop).toHaveBeenCalledExactlyOnceWith('before_send', [expect.objectContaining({ type: 'like' })])
    expect(debug).toHaveBeenCalledWith('Sightline: 1 event(s) are dropped as before_send.', expect.anything())
    expect(tracker.stats()).toMatchObject({ recorded: 2, queued: 1 })
  })

  test('has a console without us unless it asked for debug', () => {
    const console = vi.spyOn(globalThis.console, 'debug').mockImplementation(() => {})
    open().tracker.track('not a type')
    expect(console).not.toHaveBeenCalled()
    close()
    open({ debug: true }).tracker.track('not a type')
    expect(console).toHaveBeenCalled()
    console.mockRestore()
  })

  test('is told how to call it', () => {
    // @ts-expect-error options come second
    expect(() => openDevtools({ endpoint })).toThrow(
      'openDevtools(): expected createTracker of @sightline/sdk and then its options, got object.',
    )
    expect(() => openDevtools(createTracker, { endpoint: 'nowhere' })).toThrow('expected endpoint to be an address')
    expect(document.querySelector('sightline-devtools')).toBeNull()
    open()
  })

  test('never becomes part of our markup, nor its texts of it', async () => {
    open().tracker.observe(add(), { content: { type: 'post', id: '<img src=x onerror=alert(1)>' } })
    await viewport.advance(SOON_MS)
    expect(rows()[0]).toContain('<img src=x')
    expect(root().querySelector('img')).toBeNull()
    expect(root().querySelectorAll('[style], style')).toHaveLength(0)
  })
})

describe('by keyboard', () => {
  test('Escape folds it, its button opens it, and the focus stays on the button', async () => {
    open()
    const [fold] = root().querySelectorAll('button')
    root()
      .querySelector('nav button')!
      .dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    expect([fold!.textContent, fold!.getAttribute('aria-expanded')]).toEqual(['Open', 'false'])
    expect(root().activeElement).toBe(fold)
    expect(root().querySelector<HTMLElement>('#body')!.hidden).toBe(true)
    fold!.click()
    expect([fold!.textContent, fold!.getAttribute('aria-expanded')]).toEqual(['Close', 'true'])
  })

  test('the focus stays on a row while others come', async () => {
    const { tracker } = open()
    tracker.observe(add(), { content: { type: 'post', id: 1 } })
    await viewport.advance(SOON_MS)
    const button = root().querySelector<HTMLButtonElement>('li button')!
    button.focus()
    tracker.observe(add(), { content: { type: 'post', id: 2 } })
    await viewport.advance(SOON_MS)
    expect(rows()).toHaveLength(2)
    expect(root().activeElement).toBe(button)
    expect(root().querySelector<HTMLElement>('.box')!.hidden).toBe(false)
  })
})

test('destroy() leaves no element, listener or timer, and the tracker goes on', async () => {
  const listeners = watchListeners({ window, document })
  const timers = vi.getTimerCount()
  const tracker = createTracker({ endpoint, autoPage: false, storage: 'memory' })
  const ofTracker = { listeners: [...listeners.live], timers: vi.getTimerCount() - timers }
  tracker.close()
  listeners.live.length = 0

  const { tracker: watched, destroy } = open()
  destroy()
  expect({ listeners: listeners.live, timers: vi.getTimerCount() - timers }).toEqual(ofTracker)
  expect(document.querySelector('sightline-devtools')).toBeNull()
  watched.track('like')
  expect(watched.stats().recorded).toBe(1)
  listeners.restore()
})
