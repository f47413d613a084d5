import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../../src/index'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

function site(options = {}) {
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
    await page.settle()
    expect(pages).toMatchObject([{ type: 'page_view', content: { type: 'page', id: '/feed' } }])
  })

  test('is one for push and replace in one task', async () => {
    prepare()
    const { page, paths } = site()
    await page.settle()
    go('/login')
    history.replaceState(null, '', '/home')
    await page.settle()
    expect(paths()).toEqual(['/feed', '/home'])
  })

  test('is none for a change of the fragment or the query', async () => {
    prepare()
    const { page, paths } = site()
    await page.settle()
    go('/feed#comments')
    await page.settle()
    go('/feed?sort=new')
    await page.settle()
    expect(paths()).toEqual(['/feed'])
  })

  test('knows the page before as its referrer, without query and fragment', async () => {
    prepare()
    world.page.cameFrom('https://user:secret@search.test/find?q=private#top')
    const { page, pages } = site()
    await page.settle()
    go('/post/1?utm=x')
    await page.settle()
    go('/post/2')
    await page.settle()
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
    await page.settle()
    go('/post/1')
    await page.settle()
    history.replaceState(null, '', '/feed')
    window.dispatchEvent(new Event('popstate'))
    await page.settle()
    expect(paths()).toEqual(['/feed', '/post/1', '/feed'])
  })

  test('is one for the return from the back/forward cache, without a referrer of its own', async () => {
    world.page.cameFrom('https://search.test/')
    const { page, pages } = site()
    await page.settle()
    page.exit()
    page.comeBack()
    await page.settle()
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
    await page.advance(5_000)
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
    await page.settle()
    expect(paths()).toEqual(['/feed'])
  })

  test('is made by page() alone with autoPage: false', async () => {
    const { page, tracker, pages } = site({ autoPage: false })
    go('/post/1')
    await page.settle()
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
    await page.settle()
    await tracker.flush()
    expect(page.sent.map(({ type, endReason }) => endReason ?? type)).toEqual([
      'page_view',
      'impression',
      'route',
      'page_view',
    ])
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
    await page.settle()
    const ours = history.pushState
    const theirs: History['pushState'] = (...args) => ours.apply(history, args)
    history.pushState = theirs
    tracker.close()
    expect(history.pushState).toBe(theirs)
    go('/later')
    await page.settle()
    expect(location.pathname).toBe('/later')
    expect(paths()).toEqual(['/feed'])
  })
})
