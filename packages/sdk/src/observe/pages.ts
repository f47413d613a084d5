// One page view for each address that settled, however many steps the router took to get there.
import type { Address } from '../address'

export interface PageView {
  path: string
  /** Address that the visitor came from: the referrer of the document, later the previous page of the same visit. */
  referrer: string | undefined
}

export interface PageViews {
  /** Counts a change that still waits for the end of its task. Called before an exit, so that it is not lost. */
  settle(): void
  /** The page was restored from the back/forward cache, which is a view of its own. */
  restored(): void
  /** The prerendered page became a real one. */
  activated(): void
  /** The view of the current address, for a caller that counts by hand. A waiting change counts as told by it. */
  open(): PageView
}

/** An automatic one counts by itself: now, at every change of the path, on activation and after a restore. */
export function watchPages(
  address: Address,
  isPrerendering: () => boolean,
  isAutomatic: boolean,
  opened: (view: PageView) => void,
): PageViews {
  let path = ''
  let cameFrom = address.referrer()
  let timer: ReturnType<typeof setTimeout> | undefined

  // A router pushes and then replaces in one task; only what stands at its end is a address.
  const changed = () => {
    if (isAutomatic && !isPrerendering()) timer ??= setTimeout(settle)
  }

  const cancel = () => {
    clearTimeout(timer)
    timer = undefined
  }

  function settle(): void {
    if (timer === undefined) return
    cancel()
    if (address.path() !== path) opened(open())
  }

  function open(): PageView {
    cancel()
    const referrer = cameFrom || undefined
    path = address.path()
    cameFrom = address.url()
    return { path, referrer }
  }

  if (isAutomatic) address.onChange(changed)
  changed()

  return {
    settle,
    restored() {
      // Where a restored page was entered from has been told by its first view.
      if (isAutomatic) path = cameFrom = ''
      changed()
    },
    activated: changed,
    open,
  }
}
