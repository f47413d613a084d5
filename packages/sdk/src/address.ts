// Every change of the address without a page load: from the Navigation API, else from a patched history.

/** Calls `changed` after each change; stops when the returned function is called. */
export function watchAddress(view: Window, changed: () => void): () => void {
  const { navigation } = view as Window & { navigation?: EventTarget }
  if (navigation) {
    navigation.addEventListener('currententrychange', changed)
    return () => navigation.removeEventListener('currententrychange', changed)
  }

  view.addEventListener('popstate', changed)
  const unpatch = [patch(view.history, 'pushState', changed), patch(view.history, 'replaceState', changed)]
  return () => {
    view.removeEventListener('popstate', changed)
    for (const restore of unpatch) restore()
  }
}

/** Restores the method only if nobody patched it after us; otherwise ours stays in the chain and passes through. */
function patch(history: History, name: 'pushState' | 'replaceState', changed: () => void): () => void {
  const original = history[name]
  let notify: (() => void) | undefined = changed

  const patched: History['pushState'] = function (this: History, ...args) {
    original.apply(this, args)
    notify?.()
  }
  history[name] = patched

  return () => {
    notify = undefined
    if (history[name] === patched) history[name] = original
  }
}
