// Every change of the address without a page load, where the browser has no Navigation API: from a patched history.

/**
 * Calls `changed` after each change; stops when the returned function is called. Restores a method only if nobody
 * patched it after us; otherwise ours stays in the chain and passes through.
 */
export function patchHistory(history: History, changed: () => void): () => void {
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
