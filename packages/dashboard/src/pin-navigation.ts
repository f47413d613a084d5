// A shared link shows one page: whatever the address says or a link asks for, the page stays, and so does the secret of the link.
import { changeSelection, type Selection } from './selection'
import type { Navigation } from './use-selection'

export function pinNavigation(navigation: Navigation, place: Pick<Selection, 'page' | 'content'>): Navigation {
  const { hash } = window.location
  return {
    selection: changeSelection(navigation.selection, place),
    addressOf: (change) => navigation.addressOf({ ...change, ...place }) + hash,
    go(change) {
      navigation.go({ ...change, ...place })
      const { pathname, search } = window.location
      window.history.replaceState(window.history.state, '', pathname + search + hash)
    },
  }
}
