// The script tag as a page sees it: attributes in, calls of a tracker out. The tracker is a fake that remembers.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type SightlineGlobal, startFromScript } from '../src/script-tag/start'
import type { TrackerOptions } from '../src/options'
import type { Tracker } from '../src/tracker'
import { createFakeTracker } from './support/fake-tracker'

const page = window as unknown as Parameters<typeof startFromScript>[1]

let fake: ReturnType<typeof createFakeTracker>
let tracker: ReturnType<typeof createFakeTracker>['tracker']
const createTracker = vi.fn<(options: TrackerOptions) => Tracker>(() => tracker)

beforeEach(() => {
  fake = createFakeTracker()
  tracker = fake.tracker
})

afterEach(() => {
  page.sightline?.close?.()
  delete page.sightline
  document.body.innerHTML = ''
  vi.clearAllMocks()
  vi.restoreAllMocks()
})

function scriptTag(attributes: Record<string, string> = {}): HTMLScriptElement {
  const script = document.createElement('script')
  script.setAttribute('type', 'text/plain')
  for (const [name, value] of Object.entries({ src: 'https://collect.test/s.js', ...attributes })) {
    script.setAttribute(name, value)
  }
  return script
}

const start = (attributes?: Record<string, string>) => startFromScript(scriptTag(attributes), page, createTracker)
const settled = () => Promise.resolve()

const click = (selector: string) =>
  document.querySelector(selector)!.dispatchEvent(new MouseEvent('click', { bubbles: true }))

describe('options', () => {
  test('sends to the origin that the script came from', () => {
    start()
    expect(createTracker).toHaveBeenCalledWith({ endpoint: 'https://collect.test' })
  })

  test.each([
    ['https://other.test/in', 'https://other.test/in'],
    ['/collect', 'http://site.test/collect'],
  ])('sends to data-endpoint="%s", which may be relative to the page', (value, endpoint) => {
    start({ 'data-endpoint': value })
    expect(createTracker).toHaveBeenCalledWith({ endpoint })
  })

  test('takes every simple option from the attribute of its name', () => {
    start({
      'data-consent': 'pending',
      'data-auto-page': 'false',
      'data-flush-interval-ms': '2000',
      'data-threshold': '0.8',
      'data-dedupe': 'false',
      'data-debug': '',
    })
    expect(createTracker).toHaveBeenCalledWith({
      endpoint: 'https://collect.test',
      consent: 'pending',
      autoPage: false,
      flushIntervalMs: 2000,
      threshold: 0.8,
      dedupe: false,
      debug: true,
    })
  })

  test('hands an unreadable number on as it is, so that createTracker() can name it', () => {
    start({ 'data-flush-interval-ms': '5s' })
    expect(createTracker).toHaveBeenCalledWith({ endpoint: 'https://collect.test', flushIntervalMs: '5s' })
  })

  test('leaves the attributes of other tools alone', () => {
    start({ 'data-cfasync': 'false', 'data-before-send': 'x' })
    const [options] = createTracker.mock.calls[0]!
    expect(Object.keys(options)).not.toContain('cfasync')
  })
})

describe('starting', () => {
  test('puts the tracker at window.sightline', () => {
    start()
    page.sightline!.track!('like', { content: { type: 'post', id: '1' } })
    expect(tracker.track).toHaveBeenCalledWith('like', { content: { type: 'post', id: '1' } })
  })

  test('replays the calls that waited in the queue, in their order', () => {
    page.sightline = {
      q: [
        ['setConsent', 'granted'],
        ['track', 'like', { position: 1 }],
      ],
    } as SightlineGlobal
    start()
    expect(tracker.setConsent).toHaveBeenCalledWith('granted')
    expect(tracker.track).toHaveBeenCalledWith('like', { position: 1 })
    expect(tracker.setConsent.mock.invocationCallOrder[0]).toBeLessThan(tracker.track.mock.invocationCallOrder[0]!)
  })

  test('makes calls that are queued later at once', () => {
    start()
    page.sightline!.q!.push(['track', 'like'], ['page'])
    expect(tracker.track).toHaveBeenCalledWith('like')
    expect(tracker.page).toHaveBeenCalledWith()
  })

  test('ignores a method that does not exist, and says so in debug', () => {
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
    start({ 'data-debug': 'true' })
    page.sightline!.q!.push(['trak', 'like'])
    expect(debug).toHaveBeenCalledWith('Sightline: expected the name of a method in the queue, got "trak".')
  })

  test('does nothing when a second copy of the script is loaded', () => {
    start()
    const first = page.sightline
    start()
    expect(createTracker).toHaveBeenCalledTimes(1)
    expect(page.sightline).toBe(first)
  })

  test('starts on a page that has an element with the id "sightline"', () => {
    page.sightline = document.createElement('div') as unknown as SightlineGlobal
    start()
    expect(createTracker).toHaveBeenCalledTimes(1)
  })

  test('does not start as a module, which has no element of its own, and says what to do', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    startFromScript(null, page, createTracker)
    expect(createTracker).not.toHaveBeenCalled()
    expect(warn.mock.calls[0]![0]).toContain('In a module, use createTracker() of @sightline/sdk.')
  })
})

describe('marked elements', () => {
  test('are observed when they are there before the script', () => {
    document.body.innerHTML =
      '<article data-sightline="post:42" data-sightline-source="feed" data-sightline-position="3">'
    start()
    expect(fake.subjects()).toEqual([{ content: { type: 'post', id: '42' }, source: 'feed', position: 3 }])
  })

  test('may have colons in their id', () => {
    document.body.innerHTML = '<i data-sightline="post:urn:post:7">'
    start()
    expect(fake.watched()).toEqual(['post:urn:post:7'])
  })

  test('are observed when they are added later, alone or inside of something', async () => {
    start()
    document.body.innerHTML = '<i data-sightline="post:1"></i><ul><li data-sightline="post:2"></li></ul>'
    await settled()
    expect(fake.watched()).toEqual(['post:1', 'post:2'])
  })

  test('are no longer observed when they or what is around them goes', async () => {
    document.body.innerHTML = '<i data-sightline="post:1"></i><ul><li data-sightline="post:2"></li></ul>'
    start()
    document.body.innerHTML = ''
    await settled()
    expect(fake.watched()).toEqual([])
  })

  test('stay observed when they move', async () => {
    document.body.innerHTML = '<i data-sightline="post:1"></i><b></b>'
    start()
    document.body.append(document.querySelector('i')!)
    await settled()
    expect(fake.watched()).toEqual(['post:1'])
    expect(tracker.observe).toHaveBeenCalledTimes(1)
  })

  test('start anew as another content, and the previous one ends with its own position', async () => {
    document.body.innerHTML = '<i data-sightline="post:1" data-sightline-position="1"></i>'
    start()
    const element = document.querySelector('i')!
    element.setAttribute('data-sightline-position', '9')
    element.setAttribute('data-sightline', 'post:2')
    await settled()
    expect(fake.ended()).toEqual(['post:1@1'])
    expect(fake.watched()).toEqual(['post:2@9'])
  })

  test('say their new position without being observed again', async () => {
    document.body.innerHTML = '<i data-sightline="post:1" data-sightline-position="1"></i>'
    start()
    document.querySelector('i')!.setAttribute('data-sightline-position', '9')
    await settled()
    expect(fake.watched()).toEqual(['post:1@9'])
    expect(tracker.observe).toHaveBeenCalledTimes(1)
  })

  test('are left alone once the mark is taken off', async () => {
    document.body.innerHTML = '<i data-sightline="post:1"></i>'
    start()
    document.querySelector('i')!.removeAttribute('data-sightline')
    await settled()
    expect(fake.watched()).toEqual([])
  })

  test.each(['post', 'post:', ':7', ''])(
    'are not observed with an unreadable mark "%s", and debug says why',
    (mark) => {
      const debug = vi.spyOn(console, 'debug').mockImplementation(() => {})
      document.body.innerHTML = `<i data-sightline="${mark}"></i>`
      start({ 'data-debug': '' })
      expect(fake.watched()).toEqual([])
      expect(debug).toHaveBeenCalledWith(
        `Sightline: expected data-sightline="type:id", got "${mark}"; the element is not observed.`,
      )
    },
  )

  test('are given up when the tracker is closed', async () => {
    start()
    page.sightline!.close!()
    document.body.innerHTML = '<i data-sightline="post:1"></i>'
    await settled()
    expect(tracker.close).toHaveBeenCalledTimes(1)
    expect(fake.watched()).toEqual([])
  })
})

describe('clicks', () => {
  test('inside a data-sightline-click element belong to the marked element around it', () => {
    document.body.innerHTML =
      '<article data-sightline="post:42" data-sightline-source="feed" data-sightline-position="3">' +
      '<a data-sightline-click><b>Read</b></a></article>'
    start()
    click('b')
    expect(tracker.click).toHaveBeenCalledExactlyOnceWith({
      content: { type: 'post', id: '42' },
      source: 'feed',
      position: 3,
    })
  })

  test('belong to the content that the attribute itself names', () => {
    document.body.innerHTML = '<article data-sightline="post:42"><a data-sightline-click="profile:7"></a></article>'
    start()
    click('a')
    expect(tracker.click).toHaveBeenCalledExactlyOnceWith({ content: { type: 'profile', id: '7' } })
  })

  test('are recorded although the page stops the event', () => {
    document.body.innerHTML = '<a data-sightline-click="profile:7"></a>'
    start()
    document.querySelector('a')!.addEventListener('click', (event) => event.stopPropagation())
    click('a')
    expect(tracker.click).toHaveBeenCalledTimes(1)
  })

  test('elsewhere are not recorded', () => {
    document.body.innerHTML = '<article data-sightline="post:42"><a></a></article><p data-sightline-click></p>'
    start()
    click('a')
    click('p')
    expect(tracker.click).not.toHaveBeenCalled()
  })

  test('are not recorded after close', () => {
    document.body.innerHTML = '<a data-sightline-click="profile:7"></a>'
    start()
    page.sightline!.close!()
    click('a')
    expect(tracker.click).not.toHaveBeenCalled()
  })
})
