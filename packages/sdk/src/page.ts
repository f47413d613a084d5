// What the page itself does: shown, hidden, left, frozen, restored, prerendered, online again, moved to another address.
import { patchHistory } from './patch-history'

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
  /** The document, or anything inside it, was scrolled. */
  scroll(): void
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
  url(): string
  /** `document.referrer`; empty when the browser tells none. */
  referrer(): string
  /** Name of the signal by which the browser asks not to be tracked, among those that are to be respected. */
  privacySignal(respected: { respectGpc: boolean; respectDnt: boolean }): string | undefined
  listen(listeners: PageListeners): void
  /** Calls at every change of the address, also of its fragment, possibly several times for one change. */
  onAddressChange(listener: () => void): void
  close(): void
}

/** Whether there is a page at all; a server has none. */
export function hasPage(): boolean {
  return typeof document === 'object'
}

export function openPage(): Page {
  const view: Window & { navigation?: EventTarget } = window
  const doc: Document & { prerendering?: boolean } = document
  const stops: (() => void)[] = []
  let isOpen = isVisible()

  function isVisible(): boolean {
    return doc.visibilityState !== 'hidden' && !doc.prerendering
  }

  // Captured, because the scroll of an inner box does not bubble.
  function on(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener, true)
    stops.push(() => target.removeEventListener(type, listener, true))
  }

  return {
    now: () => performance.now(),
    wallClock: () => Date.now(),
    isOpen: () => isOpen,
    isPrerendering: () => doc.prerendering === true,
    path: () => view.location.pathname,
    url: () => view.location.href,
    referrer: () => doc.referrer,
    privacySignal({ respectGpc, respectDnt }) {
      const { globalPrivacyControl, doNotTrack } = view.navigator as Navigator & { globalPrivacyControl?: boolean }
      if (respectGpc && globalPrivacyControl) return 'Global Privacy Control'
      return respectDnt && doNotTrack === '1' ? 'Do Not Track' : undefined
    },
    listen(listeners) {
      const hide = (reason: HideReason) => {
        isOpen = false
        listeners.hide(reason)
      }
      const show = () => {
        if (isOpen || !isVisible()) return
        isOpen = true
        listeners.show()
      }
      on(doc, 'visibilitychange', () => (doc.visibilityState === 'hidden' ? hide('hidden') : show()))
      // On the window: a pagehide listener on the document is never called.
      on(view, 'pagehide', () => hide('pagehide'))
      on(view, 'pageshow', (event) => {
        show()
        if ((event as PageTransitionEvent).persisted) listeners.restore()
      })
      on(doc, 'freeze', () => hide('frozen'))
      on(doc, 'resume', show)
      on(doc, 'prerenderingchange', () => {
        show()
        listeners.activate()
      })
      on(view, 'online', listeners.online)
      on(doc, 'scroll', listeners.scroll)
    },
    onAddressChange(listener) {
      if (view.navigation) return on(view.navigation, 'currententrychange', listener)
      on(view, 'popstate', listener)
      stops.push(patchHistory(view.history, listener))
    },
    close() {
      for (const stop of stops) stop()
    },
  }
}
