// What the page itself does: shown, hidden, left, frozen, restored, prerendered, online again, moved to another address.
import { watchAddress } from './address'

/** Why a page stopped being seen. */
export type HideReason = 'hidden' | 'pagehide' | 'frozen'

export interface PageListeners {
  /** Each sign that the page goes away: up to three for one exit, all of them within the browser's last tasks. */
  hide(reason: HideReason): void
  /** The page can be seen again. */
  show(): void
  /** The page came back from the back/forward cache; called after `show`. */
  restore(): void
  /** A prerendered page became a real one; called after `show`. */
  activate(): void
  online(): void
}

export interface Page {
  /** Milliseconds on the clock that no one sets, `performance.now()`: the same as an observer's `entry.time`. */
  now(): number
  /** Milliseconds since 1970. */
  wallClock(): number
  /** `false` while hidden, on the way out, frozen or prerendered: nobody sees anything then. */
  isOpen(): boolean
  isPrerendering(): boolean
  path(): string
  /** Address without query, fragment and user info. */
  url(): string
  /** `document.referrer`; empty when the browser tells none. */
  referrer(): string
  asksNotToBeTracked(): { gpc: boolean; dnt: boolean }
  listen(listeners: PageListeners): void
  /** Calls at every change of the address, also of its fragment, possibly several times for one change. */
  onAddressChange(listener: () => void): () => void
  /** Calls at every scroll of the document or of anything inside it. */
  onScroll(listener: () => void): () => void
  close(): void
}

/** Whether there is a page at all; a server has none. */
export function hasPage(): boolean {
  return typeof window === 'object' && typeof document === 'object'
}

export function openPage(): Page {
  const view = window
  const doc: Document & { prerendering?: boolean } = document
  const stops = new Set<() => void>()
  let frozen = false
  let leaving = false
  let wasOpen = isOpen()

  function isOpen(): boolean {
    return doc.visibilityState !== 'hidden' && !doc.prerendering && !frozen && !leaving
  }

  function on(target: EventTarget, type: string, listener: (event: Event) => void, capture = false): () => void {
    target.addEventListener(type, listener, { capture, passive: true })
    const stop = () => {
      target.removeEventListener(type, listener, { capture })
      stops.delete(stop)
    }
    stops.add(stop)
    return stop
  }

  function listen(listeners: PageListeners): void {
    const close = (reason: HideReason) => {
      wasOpen = false
      listeners.hide(reason)
    }
    const open = () => {
      if (wasOpen || !isOpen()) return
      wasOpen = true
      listeners.show()
    }
    on(doc, 'visibilitychange', () => {
      if (doc.visibilityState === 'hidden') return close('hidden')
      leaving = false
      open()
    })
    // On the window: a pagehide listener on the document is never called.
    on(view, 'pagehide', () => {
      leaving = true
      close('pagehide')
    })
    on(view, 'pageshow', (event) => {
      leaving = false
      open()
      if ((event as PageTransitionEvent).persisted) listeners.restore()
    })
    on(doc, 'freeze', () => {
      frozen = true
      close('frozen')
    })
    on(doc, 'resume', () => {
      frozen = false
      open()
    })
    on(doc, 'prerenderingchange', () => {
      open()
      listeners.activate()
    })
    on(view, 'online', () => listeners.online())
  }

  return {
    now: () => performance.now(),
    wallClock: () => Date.now(),
    isOpen,
    isPrerendering: () => doc.prerendering === true,
    path: () => view.location.pathname,
    url: () => view.location.origin + view.location.pathname,
    referrer: () => doc.referrer,
    asksNotToBeTracked: () => {
      const { globalPrivacyControl, doNotTrack } = view.navigator as Navigator & {
        globalPrivacyControl?: boolean
        doNotTrack?: string | null
      }
      return { gpc: globalPrivacyControl === true, dnt: doNotTrack === '1' }
    },
    listen,
    onAddressChange(listener) {
      const stopWatching = watchAddress(view, listener)
      const stop = () => {
        stopWatching()
        stops.delete(stop)
      }
      stops.add(stop)
      return stop
    },
    // Captured, because the scroll of an inner box does not bubble.
    onScroll: (listener) => on(doc, 'scroll', listener, true),
    close() {
      for (const stop of stops) stop()
    },
  }
}
