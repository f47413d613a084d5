// The page's address and title: where it is, where the visitor came from, and every change without a page load.

export interface Address {
  /** What tells one page from another: the path, with the query where the site wants it; never the fragment. */
  id(): string
  url(): string
  /** `document.referrer`; empty when the browser tells none. */
  referrer(): string
  title(): string
  /** Calls at every change of the address, also of its fragment, possibly several times for one change. */
  onChange(listener: () => void): void
}

/** `page` knows when to stop listening. */
export function openAddress(
  page: {
    on(target: EventTarget, type: string, listener: () => void): void
    onClose(stop: () => void): void
  },
  withSearch: boolean,
): Address {
  const view: Window & { navigation?: EventTarget } = window
  return {
    id: () => view.location.pathname + (withSearch ? view.location.search : ''),
    url: () => view.location.href,
    referrer: () => document.referrer,
    title: () => document.title,
    onChange(listener) {
      if (view.navigation) return page.on(view.navigation, 'currententrychange', listener)
      page.on(view, 'popstate', listener)
      page.onClose(patchHistory(view.history, listener))
    },
  }
}

/**
 * Calls `changed` after each change; stops when the returned function is called. Restores a method only if nobody
 * patched it after us; otherwise ours stays in the chain and passes through.
 */
function patchHistory(history: History, changed: () => void): () => void {
  let isWatching = true

  const restores = (['pushState', 'replaceState'] as const).map((name) => {
    const original = history[name]
    const patched: History['pushState'] = function (this: History, ...args) {
      original.apply(this, args)
      if (isWatching) changed()
    }
    history[name] = patched
    return () => {
      if (history[name] === patched) history[name] = original
    }
  })

  return () => {
    isWatching = false
    for (const restore of restores) restore()
  }
}
