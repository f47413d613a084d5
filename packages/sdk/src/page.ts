// What the page itself does: shown, hidden, left, frozen, restored, prerendered, online again; focused and scrolled.

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
  /** Name of the signal by which the browser asks not to be tracked, among those that are to be respected. */
  privacySignal(respected: { respectGpc: boolean; respectDnt: boolean }): string | undefined
  /** Whoever listens first is told first. */
  listen(listeners: Partial<PageListeners>): void
  /** Listens to an event, also inside what stops it, until the page is closed. */
  on(target: EventTarget, type: string, listener: (event: Event) => void): void
  /** Is called by `close`. */
  onClose(stop: () => void): void
  close(): void
}

/** Whether there is a page at all; a server has none. */
export function hasPage(): boolean {
  return typeof document === 'object'
}

export function openPage(): Page {
  const view = window
  const doc: Document & { prerendering?: boolean } = document
  // As it is now: pages that try out other days or zones patch it later.
  const { now } = Date
  const stops: (() => void)[] = []
  const audience: Partial<PageListeners>[] = []
  let isOpen = isVisible()

  function isVisible(): boolean {
    return doc.visibilityState !== 'hidden' && !doc.prerendering
  }

  // Captured, because the scroll of an inner box does not bubble.
  function on(target: EventTarget, type: string, listener: (event: Event) => void): void {
    target.addEventListener(type, listener, true)
    stops.push(() => target.removeEventListener(type, listener, true))
  }

  const tell = (name: Exclude<keyof PageListeners, 'hide'>) => {
    for (const listeners of audience) listeners[name]?.()
  }
  const hide = (reason: HideReason) => {
    isOpen = false
    for (const listeners of audience) listeners.hide?.(reason)
  }
  const show = () => {
    if (isOpen || !isVisible()) return
    isOpen = true
    tell('show')
  }

  on(doc, 'visibilitychange', () => (doc.visibilityState === 'hidden' ? hide('hidden') : show()))
  // On the window: a pagehide listener on the document is never called.
  on(view, 'pagehide', () => hide('pagehide'))
  on(view, 'pageshow', (event) => {
    show()
    if ((event as PageTransitionEvent).persisted) tell('restore')
  })
  on(doc, 'freeze', () => hide('frozen'))
  on(doc, 'resume', show)
  on(doc, 'prerenderingchange', () => {
    show()
    tell('activate')
  })
  on(view, 'online', () => tell('online'))

  return {
    now: () => performance.now(),
    wallClock: () => now(),
    isOpen: () => isOpen,
    isPrerendering: () => doc.prerendering === true,
    privacySignal({ respectGpc, respectDnt }) {
      const { globalPrivacyControl, doNotTrack } = view.navigator as Navigator & { globalPrivacyControl?: boolean }
      if (respectGpc && globalPrivacyControl) return 'Global Privacy Control'
      return respectDnt && doNotTrack === '1' ? 'Do Not Track' : undefined
    },
    listen: (listeners) => void audience.push(listeners),
    on,
    onClose: (stop) => void stops.push(stop),
    close() {
      for (const stop of stops) stop()
    },
  }
}

/** What only those want to know who watch the viewport, until the page is closed. */
export interface Attention {
  hasFocus(): boolean
  /** Whether to tell of scrolling, which costs something in every frame. */
  followScroll(wanted: boolean): void
}

/**
 * `focused` is called when the window got or lost the focus, or something in it did; `scrolled` when the document, or
 * anything inside it, was scrolled, while `followScroll(true)`.
 */
export function openAttention(page: Page, focused: () => void, scrolled: () => void): Attention {
  let isFollowing = false
  const followScroll = (wanted: boolean) => {
    if (wanted === isFollowing) return
    isFollowing = wanted
    document[wanted ? 'addEventListener' : 'removeEventListener']('scroll', scrolled, true)
  }
  page.on(window, 'focus', focused)
  page.on(window, 'blur', focused)
  page.onClose(() => followScroll(false))
  return { hasFocus: () => document.hasFocus(), followScroll }
}
