// One page view for each address that settled, however many steps the router took to get there.
import type { Address } from '../address'

/**
 * So long a page view waits for the title, which most frameworks set some time after the route. Milliseconds. The view
 * tells the time at which it was recorded, so it may be later than its page by as much.
 */
const TITLE_MS = 500

export interface PageView {
  /** Id of the page as content: its path, with the query where the site wants it. */
  id: string
  /** Address that the visitor came from: the referrer of the document, later the previous page of the same visit. */
  referrer: string | undefined
}

export interface PagePorts {
  isPrerendering(): boolean
  /** Another page begins now; its view follows. */
  entered(): void
  record(view: PageView): void
}

export interface PageViews {
  /** Records the view that still waits for its title. Called before anything else is recorded: it comes first. */
  tell(): void
  /** The same, and a change that still waits for the end of its task counts at once. Called before an exit. */
  settle(): void
  /** The page was restored from the back/forward cache, which is a view of its own. */
  restored(): void
  /** The prerendered page became a real one. */
  activated(): void
  /** The view of the current address, for a caller that counts by hand. What still waits counts as told by it. */
  open(): PageView
}

/** An automatic one counts by itself: at the start, at every change of the address, on activation and after a restore. */
export function watchPages(address: Address, isAutomatic: boolean, ports: PagePorts): PageViews {
  let id = ''
  let cameFrom = address.referrer()
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: PageView | undefined

  function changed(): void {
    if (!isAutomatic || ports.isPrerendering() || address.id() === id) return
    // While the title is still that of the page before, and before a new page takes over what shows the same content.
    tell()
    ports.entered()
    // A router pushes and then replaces in one task; only what stands at its end is an address.
    timer ??= setTimeout(arrive)
  }

  function arrive(): void {
    cancel()
    if (address.id() === id) return
    waiting = enter()
    timer = setTimeout(tell, TITLE_MS)
  }

  function enter(): PageView {
    const referrer = cameFrom || undefined
    id = address.id()
    cameFrom = address.url()
    return { id, referrer }
  }

  function tell(): void {
    const view = waiting
    if (!view) return
    // Before it is recorded: the site's `beforeSend` may record something of its own.
    cancel()
    ports.record(view)
  }

  function cancel(): void {
    clearTimeout(timer)
    timer = waiting = undefined
  }

  if (isAutomatic) address.onChange(changed)
  changed()

  return {
    tell,
    settle() {
      if (timer && !waiting) arrive()
      tell()
    },
    restored() {
      // Where a restored page was entered from has been told by its first view.
      if (isAutomatic) id = cameFrom = ''
      changed()
    },
    activated: changed,
    open() {
      if (!timer) ports.entered()
      const view = waiting ?? enter()
      cancel()
      return view
    },
  }
}
