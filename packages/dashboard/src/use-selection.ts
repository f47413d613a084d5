// The selection as state that the address bar mirrors: every change is one step in the history.
import { createContext } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import { changeSelection, readSelection, writeSelection, type Selection } from './selection'

export interface Navigation {
  selection: Selection
  /** Changes parts of the selection. */
  go(change: Partial<Selection>): void
  /** Address of the selection with these parts changed. */
  addressOf(change: Partial<Selection>): string
}

// Every page is drawn inside the provider; the default is only there to be of that type.
export const NavigationContext = createContext<Navigation>({
  selection: readSelection(''),
  go() {},
  addressOf: () => '',
})

export const useNavigation = () => useContext(NavigationContext)

export function useSelection(): Navigation {
  const [selection, setSelection] = useState(() => readSelection(window.location.search))

  useEffect(() => {
    const readBack = () => setSelection(readSelection(window.location.search))
    window.addEventListener('popstate', readBack)
    return () => window.removeEventListener('popstate', readBack)
  }, [])

  return useMemo(() => {
    const addressOf = (change: Partial<Selection>) =>
      window.location.pathname + writeSelection(changeSelection(selection, change))
    return {
      selection,
      addressOf,
      go(change) {
        const next = changeSelection(selection, change)
        window.history.pushState(null, '', addressOf(change))
        setSelection(next)
        if (next.page !== selection.page || next.content !== selection.content) window.scrollTo(0, 0)
      },
    }
  }, [selection])
}
