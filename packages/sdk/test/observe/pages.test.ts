import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../../src/index'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

function site(options = {}) {
  document.title = ''
  const pages: WireEvent[] = []
  const tracker = world.page.start({
    autoPage: true,
    ...options,
    beforeSend(event) {
      if (event.type === 'page_view') pages.push(event)
      return event
    },
  })
  return { page: world.page, tracker, pages, paths: () => pages.map(({ content }) => content!.id) }
}

const go = (address: string) => history.pushState(null, '', address)

/** Longest time that a page view waits for the title, in milliseconds. */
const TITLE = 500

describe.each(['the history', 'the Navigation API'])('through %s, a page view', (way) => {
  const prepare = () => {
    if (way === 'the history') return
    const navigation = new EventTarget()
    world.page.with(window, 'navigation', navigation)
    for (const name of ['pushState', 'replaceState'] as const) {
      const original = history[name]
      world.page.with(history, name, (...args: Parameters<History['pushState']>) => {
        original.apply(history, args)
        navigation.dispatchEvent(new Event('currententrychange'))
      })
    }
  }

  test('is recorded at the start, with the path as content', async () => {
    prepare()
    const { page, pages } = site()
    await page.advance(TITLE)
    expect(pages).toMatchObject([{ type: 'page_view', content: { type: 'page', id: '/feed' } }])
  })

  test('is one for push and replace in one task', async () => {
    prepare()
    const { page, paths } = site()
    await page.advance(TITLE)
    go('/login')
    history.replaceState(null, '', '/home')
    await page.advance(TITLE)
    expect(paths()).toEqual(['/feed', '/home'])
  })

  test('is none for a change of the fragment or the query', async () => {
    prepare()
    const { page, paths } = site()
    await page.advance(TITLE)
    go('/feed#comments')
    await page.advance(TITLE)
    go('/feed?sort=new')
    await page.advance(TITLE)
    expect(paths()).toEqual(['/feed'])
  })

  test('knows the page before as its referrer, without query and fragment', async () => {
    prepare()
    world.page.cameFrom('https://user:secret@search.test/find?q=private#top')
    const { page, pages } = site()
    await page.advance(TITLE)
    go('/post/1?utm=x')
    await page.advance(TITLE)
    go('/post/2')
    await page.advance(TITLE)
    expect(pages.map(({ referrer }) => referrer)).toEqual([
      'https://search.test/find',
      'http://site.test/feed',
      'http://site.test/post/1',
    ])
  })
})

describe('a page view', () => {
  test('is one for going back', async () => {
    const { page, paths } = site()
    await page.advance(TITLE)
    go('/post/1')
    await page.advance(TITLE)
    history.replaceState(null, '', '/feed')
    window.dispatchEvent(new Event('popstate'))
    await page.advance(TITLE)
    expect(paths()).toEqual(['/feed', '/post/1', '/feed'])
  })

  test('is one for the return from the back/forward cache, without a referrer of its own', async () => {
    world.page.cameFrom('https://search.test/')
    const { page, pages } = site()
    await page.advance(TITLE)
    page.exit()
    page.comeBack()
    await page.advance(TITLE)
    expect(pages.map(({ content, referrer }) => [content!.id, referrer])).toEqual([
      ['/feed', 'https://search.test/'],
      ['/feed', undefined],
    ])
  })

  test('is counted when a prerendered page is opened, and nothing leaves before', async () => {
    const { page } = world
    page.prerender()
    const { tracker, paths } = site()
    tracker.track('like')
    await page.advance(60_000)
    expect(paths()).toEqual([])
    expect(page.requests).toEqual([])
    page.activate()
    await page.advance(6_000)
    expect(paths()).toEqual(['/feed'])
    expect(page.sent.map(({ type }) => type)).toEqual(['like', 'page_view'])
  })

  test('is not lost when the visitor leaves in the same task', async () => {
    const { page } = site()
    go('/goodbye')
    page.exit()
    await page.settle()
    expect(page.sent.map(({ content }) => content!.id)).toEqual(['/goodbye'])
  })

  test('is counted once by page() where autoPage waits for the same one', async () => {
    const { page, tracker, paths } = site()
    tracker.page({ source: 'campaign' })
    await page.advance(TITLE)
    expect(paths()).toEqual(['/feed'])
  })

  test('is made by page() alone with autoPage: false', async () => {
    const { page, tracker, pages } = site({ autoPage: false })
    go('/post/1')
    await page.advance(TITLE)
    expect(pages).toEqual([])
    tracker.page({ metadata: { theme: 'dark' } })
    expect(pages).toMatchObject([{ content: { id: '/post/1' }, metadata: { theme: 'dark' } }])
  })

  test('ends the views of the page before it', async () => {
    const { page, tracker } = site()
    const card = page.add()
    tracker.observe(card, { content: { type: 'post', id: '1' } })
    page.show(card)
    await page.advance(1_200)
    go('/post/1')
    await page.advance(TITLE)
    await tracker.flush()
    expect(page.sent.map(({ type, endReason }) => endReason ?? type)).toEqual([
      'page_view',
      'impression',
      'route',
      'page_view',
    ])
  })
})

test('a card that opens the page of its content keeps its time, and the page has its own', async () => {
  const { page, tracker } = site()
  const content = { type: 'post', id: '7' }
  const card = page.add()
  page.show(card)
  const stop = tracker.observe(card, { content, source: 'feed' })
  await page.advance(2_000)
  const detail = page.add()
  page.show(detail)
  go('/post/7')
  stop()
  const stopDetail = tracker.observe(detail, { content, source: 'detail' })
  await page.advance(3_000)
  stopDetail()
  await page.settle()
  await tracker.flush()
  expect(page.sent.filter(({ type }) => type === 'view')).toMatchObject([
    { source: 'feed', durationMs: expect.closeTo(2_000, -2), endReason: 'route' },
    { source: 'detail', durationMs: expect.closeTo(3_000, -2), endReason: 'untracked' },
  ])
})

describe('the title of a page', () => {
  test('is that which the site sets after the route', async () => {
    const { page, pages } = site()
    document.title = 'Feed'
    await page.advance(TITLE)
    go('/post/1')
    await page.advance(TITLE - 1)
    document.title = 'A post'
    await page.advance(1)
    expect(pages.map(({ metadata }) => metadata)).toEqual([{ title: 'Feed' }, { title: 'A post' }])
  })

  test('is still its own when the visitor goes on before it was told', async () => {
    const { page, pages } = site()
    document.title = 'Feed'
    await page.advance(100)
    go('/post/1')
    document.title = 'A post'
    await page.advance(TITLE)
    expect(pages.map(({ content, metadata }) => [content!.id, metadata!.title])).toEqual([
      ['/feed', 'Feed'],
      ['/post/1', 'A post'],
    ])
  })

  test('stands beside the metadata of the caller, whose title wins', async () => {
    const { tracker, pages } = site({ autoPage: false })
    document.title = 'Feed'
    tracker.page({ metadata: { theme: 'dark' } })
    tracker.page({ metadata: { title: 'Mine' } })
    expect(pages.map(({ metadata }) => metadata)).toEqual([{ title: 'Feed', theme: 'dark' }, { title: 'Mine' }])
  })

  test('is cut at the limit of the wire, and left out where there is none', async () => {
    const { tracker, pages } = site({ autoPage: false })
    document.title = 'x'.repeat(5_000)
    tracker.page()
    document.title = ''
    tracker.page()
    expect(String(pages[0]!.metadata!.title).slice(0, 1_024)).toBe('x'.repeat(1_024))
    expect(String(pages[0]!.metadata!.title).length).toBeLessThanOrEqual(1_025)
    expect(pages[1]).not.toHaveProperty('metadata')
  })

  test('is not awaited when something else happens: the page view is the first event of its page', async () => {
    const { page, tracker } = site()
    await page.advance(TITLE)
    go('/post/1')
    await page.advance(10)
    tracker.track('like')
    go('/post/2')
    await page.advance(10)
    tracker.click({ content: { type: 'post', id: '1' } })
    await tracker.flush()
    expect(page.sent.map(({ type, content }) => content?.id ?? type)).toEqual([
      '/feed',
      '/post/1',
      'like',
      '/post/2',
      '1',
    ])
  })

  test('comes before the impressions of its page', async () => {
    const { page, tracker } = site()
    const card = page.add()
    tracker.observe(card, { content: { type: 'post', id: '1' } }, { minDurationMs: 0 })
    page.show(card)
    await page.advance(100)
    await tracker.flush()
    expect(page.sent.map(({ type }) => type)).toEqual(['page_view', 'impression'])
  })

  test.each([
    ['flush()', ({ tracker }: ReturnType<typeof site>) => void tracker.flush()],
    ['an exit', ({ page }: ReturnType<typeof site>) => page.exit()],
    ['a hidden page', ({ page }: ReturnType<typeof site>) => page.hide()],
    ['close()', ({ tracker }: ReturnType<typeof site>) => tracker.close()],
  ])('is not awaited by %s', async (_name, leave) => {
    const opened = site()
    await opened.page.advance(10)
    leave(opened)
    await opened.page.settle()
    expect(opened.page.sent).toMatchObject([{ type: 'page_view', content: { id: '/feed' } }])
  })

  test('waits no longer where beforeSend records something of its own', async () => {
    const types: string[] = []
    const tracker = world.page.start({
      autoPage: true,
      beforeSend(event) {
        types.push(event.type)
        if (event.type === 'page_view') tracker.track('opened')
        return event
      },
    })
    await world.page.advance(TITLE)
    expect(types).toEqual(['page_view', 'opened'])
  })
})

describe("with autoPage: 'path+search' a page view", () => {
  test('has the query in its id, and no fragment', async () => {
    go('/find?q=cats#top')
    const { page, paths } = site({ autoPage: 'path+search' })
    await page.advance(TITLE)
    expect(paths()).toEqual(['/find?q=cats'])
  })

  test('is one for a change of the query, none for a change of the fragment', async () => {
    const { page, paths } = site({ autoPage: 'path+search' })
    await page.advance(TITLE)
    go('/feed?sort=new')
    await page.advance(TITLE)
    go('/feed?sort=new#comments')
    await page.advance(TITLE)
    expect(paths()).toEqual(['/feed', '/feed?sort=new'])
  })
})

describe('page()', () => {
  test('records at once, and what waited for its title counts as told by it', async () => {
    const { page, tracker, pages } = site()
    await page.advance(TITLE)
    go('/post/1')
    await page.advance(100)
    tracker.page({ source: 'campaign' })
    expect(pages).toHaveLength(2)
    await page.advance(TITLE)
    expect(pages).toMatchObject([
      { content: { id: '/feed' } },
      { content: { id: '/post/1' }, source: 'campaign', referrer: 'http://site.test/feed' },
    ])
  })

  test('survives metadata that throws', async () => {
    const { tracker, paths } = site({ autoPage: false })
    document.title = 'Feed'
    const metadata = Object.defineProperty({}, 'boom', {
      enumerable: true,
      get() {
        throw new Error('boom')
      },
    })
    tracker.page({ metadata })
    expect(paths()).toEqual(['/feed'])
  })
})

describe('close()', () => {
  test('gives the history back as it was', () => {
    const { pushState, replaceState } = history
    const { tracker } = site()
    expect(history.pushState).not.toBe(pushState)
    tracker.close()
    expect(history.pushState).toBe(pushState)
    expect(history.replaceState).toBe(replaceState)
  })

  test('leaves the patch of another script alone, and ours in it does nothing any more', async () => {
    const { page } = world
    const original = history.pushState
    page.with(history, 'pushState', original)
    const { tracker, paths } = site()
    await page.advance(TITLE)
    const ours = history.pushState
    const theirs: History['pushState'] = (...args) => ours.apply(history, args)
    history.pushState = theirs
    tracker.close()
    expect(history.pushState).toBe(theirs)
    go('/later')
    await page.advance(TITLE)
    expect(location.pathname).toBe('/later')
    expect(paths()).toEqual(['/feed'])
  })
})
