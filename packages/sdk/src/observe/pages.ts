// One page view for each address that settled, however many steps the router took to get there.
import type { Page } from '../page'

export interface PageView {
  path: string
  /** Address that the visitor came from: the referrer of the document, later the previous page of the same visit. */
  referrer: string | undefined
}

export interface PageViews {
  /** Begins to count by itself: now, at every change of the path, on activation and after a restore. */
  start(): void
  /** Counts a change that still waits for the end of its task. Called before an exit, so that it is not lost. */
  settle(): void
  /** The page was restored from the back/forward cache, which is a view of its own. */
  restored(): void
  /** The prerendered page became a real one. */
  activated(): void
  /** The view of the current address, for a caller that counts by hand. A waiting change counts as told by it. */
  open(): PageView
  stop(): void
}

export function watchPages(page: Page, opened: (view: PageView) => void): PageViews {
  let last: { path: string; url: string } | undefined
  let restoredNow = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopWatching: (() => void) | undefined

  // A router pushes and then replaces in one task; only what stands at its end is a page.
  const changed = () => {
    if (!page.isPrerendering()) timer ??= setTimeout(settle)
  }

  const cancel = () => {
    clearTimeout(timer)
    timer = undefined
  }

  function settle(): void {
    if (timer === undefined) return
    cancel()
    if (restoredNow || page.path() !== last?.path) opened(open())
  }

  function open(): PageView {
    cancel()
    // Where a restored page was entered from has been told by its first view.
    const referrer = restoredNow ? undefined : last ? last.url : page.referrer() || undefined
    restoredNow = false
    last = { path: page.path(), url: page.url() }
    return { path: last.path, referrer }
  }

  return {
    start() {
      stopWatching = page.onAddressChange(changed)
      changed()
    },
    settle,
    restored() {
      if (!stopWatching) return
      restoredNow = true
      changed()
    },
    activated() {
      if (stopWatching) changed()
    },
    open,
    stop() {
      cancel()
      stopWatching?.()
      stopWatching = undefined
    },
  }
}
