// The page's address and title: where it is, where the visitor came from, and every change without a page load.
import { attempt } from './attempt'

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

/** A path of the own site with all below it (`/search`), a host with its subdomains (`google.com`), or a pattern. */
export type SourceRule = string | RegExp

/** By name of the source, which addresses it is named for. */
export type SourceRules = Record<string, SourceRule | readonly SourceRule[]>

/**
 * Names where the visitor came from: by the first rule that fits the address before this page. Else `embed` in a
 * frame, `internal` from the own site, `referral` from elsewhere, and `direct` where the browser tells nothing or
 * there is none.
 *
 * A pattern is tried on the whole address, and on path and query of the own site. Never throws.
 *
 * @param cameFrom with a router in the browser the route before: `document.referrer` stays that of the first page
 * @example sourceFromReferrer({ search: ['/search', 'google.com'], profile: /^\/people\/\w+$/ })
 */
export function sourceFromReferrer(rules: SourceRules, cameFrom?: string): string {
  if (typeof document === 'undefined') return 'direct'
  const from = cameFrom ?? document.referrer
  const url = from ? attempt(() => new URL(from, location.href)) : undefined
  const isOwn = url?.host === location.host
  const fits = (rule: SourceRule): boolean => {
    const { href, host, pathname, search } = url!
    if (typeof rule !== 'string') return href.search(rule) >= 0 || (isOwn && (pathname + search).search(rule) >= 0)
    if (rule[0] !== '/') return `.${host}`.endsWith(`.${rule}`)
    return isOwn && `${pathname}/`.startsWith(rule.replace(/\/*$/, '/'))
  }
  const name = url && Object.keys(Object(rules)).find((each) => attempt(() => [rules[each]!].flat().some(fits)))
  if (name) return name
  if (window !== parent) return 'embed'
  if (isOwn) return 'internal'
  return url ? 'referral' : 'direct'
}
