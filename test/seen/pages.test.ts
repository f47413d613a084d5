// What is a page view: every address that settled, told once, with the title it settled on.
import { describe, expect, test } from 'vitest'
import { chromiumPath } from '../support/chromium'
import { untilHeard, type Visit, wait, visitor } from '../support/visit'

const visit = visitor()

const paths = (visit: Visit) => visit.heard('page_view').map(({ content }) => content!.id)

const withoutNavigation = 'delete window.navigation; if (window.navigation) throw new Error("still there")'

for (const [name, before] of [
  ['the Navigation API', ''],
  ['the history alone', withoutNavigation],
] as const) {
  describe.skipIf(!chromiumPath).concurrent(`page views from ${name}`, () => {
    test('a push and the replaces after it in one task are one page view', async () => {
      await using page = await visit({ before, tracker: { autoPage: true } })
      await page.run(async () => {
        await scene.wait(300)
        history.pushState(null, '', '/loading')
        history.replaceState(null, '', '/almost')
        history.replaceState(null, '', '/post/1')
        await scene.wait(400)
      })
      await page.flush()
      expect(paths(page)).toEqual(['/', '/post/1'])
    })

    test('a fragment, a query and the same path again are none', async () => {
      await using page = await visit({ before, tracker: { autoPage: true } })
      await page.run(async () => {
        await scene.wait(300)
        window.location.hash = 'comments'
        await scene.wait(300)
        history.pushState(null, '', '/?page=2')
        await scene.wait(300)
        history.replaceState({ scroll: 3 }, '')
        await scene.wait(300)
      })
      await page.flush()
      expect(paths(page)).toEqual(['/'])
    })

    test('with the query asked for, another query is another page view and a fragment is none', async () => {
      await using page = await visit({ before, tracker: { autoPage: 'path+search' as never } })
      await page.run(async () => {
        await scene.wait(300)
        history.pushState(null, '', '/?page=2')
        await scene.wait(300)
        window.location.hash = 'comments'
        await scene.wait(300)
        history.pushState(null, '', '/?page=3')
        await scene.wait(400)
      })
      await page.flush()
      expect(paths(page)).toEqual(['/', '/?page=2', '/?page=3'])
    })

    test('back and forward are one page view each', async () => {
      await using page = await visit({ before, tracker: { autoPage: true } })
      await page.run(async () => {
        await scene.wait(300)
        history.pushState(null, '', '/post/1')
        await scene.wait(300)
        history.back()
        await scene.wait(500)
        history.forward()
        await scene.wait(500)
      })
      await page.flush()
      expect(paths(page)).toEqual(['/', '/post/1', '/', '/post/1'])
    })

    test('a title set 100 ms after the route is the title of the page view, not the title before', async () => {
      await using page = await visit({ before, body: '<title>Home</title>', tracker: { autoPage: true } })
      await page.run(async () => {
        await scene.wait(400)
        history.pushState(null, '', '/post/1')
        await scene.wait(100)
        document.title = 'The first post'
        await scene.wait(800)
      })
      await page.flush()
      expect(page.heard('page_view').map(({ metadata }) => metadata!.title)).toEqual(['Home', 'The first post'])
    })

    test('a page that is left before its route settled is still told', async () => {
      await using page = await visit({ before, tracker: { autoPage: true } })
      await page.run(() => {
        setTimeout(() => {
          history.pushState(null, '', '/post/1')
          window.location.href = '/elsewhere'
        }, 400)
      })
      await untilHeard(page, 2, 'page_view')
      await wait(300)
      expect(paths(page)).toEqual(['/', '/post/1'])
    })

    test('restored from the back/forward cache, a page is viewed again, and its routes go on', async () => {
      await using page = await visit({ before, tracker: { autoPage: true } })
      await page.run(async () => {
        await scene.wait(300)
        history.pushState(null, '', '/post/1')
        await scene.wait(300)
      })
      await page.goto(`${page.origin}/elsewhere`)
      await wait(200)
      await page.back()
      const isRestored = await page.run(async () => {
        await scene.wait(400)
        history.pushState(null, '', '/post/2')
        await scene.wait(400)
        return scene.life.findLast(({ type }) => type === 'pageshow')!.persisted
      })
      await page.flush()
      expect(isRestored).toBe(true)
      expect(paths(page)).toEqual(['/', '/post/1', '/post/1', '/post/2'])
    })

    test('after close() nothing is told, and the history patches of others live on', async () => {
      await using page = await visit({
        before: `${before};
          globalThis.patched = []
          const patch = (who) => {
            const { pushState } = history
            history.pushState = function (...args) {
              patched.push(who)
              return pushState.apply(this, args)
            }
          }
          patch('before')
          globalThis.original = history.pushState
          addEventListener('load', () => patch('after'))`,
        tracker: { autoPage: true },
      })
      const who = await page.run(async () => {
        await scene.wait(300)
        await scene.tracker.flush()
        scene.tracker.close()
        history.pushState(null, '', '/closed')
        await scene.wait(300)
        return (globalThis as unknown as { patched: string[] }).patched
      })
      await wait(200)
      expect(who).toEqual(['after', 'before'])
      expect(paths(page)).toEqual(['/'])
    })
  })
}

describe.skipIf(!chromiumPath).concurrent('page views from the history alone', () => {
  test('close() gives the history back as it was when nobody has patched it since', async () => {
    await using page = await visit({ before: withoutNavigation, tracker: { autoPage: true } })
    const areNative = await page.run(() => {
      const { pushState, replaceState } = history
      scene.tracker.close()
      return [pushState, replaceState, history.pushState, history.replaceState].map((act) =>
        `${act}`.includes('native code'),
      )
    })
    expect(areNative).toEqual([false, false, true, true])
  })
})
