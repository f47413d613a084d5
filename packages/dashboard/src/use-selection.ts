// The selection as state that the address bar mirrors: every change is one step in the history.
import { useEffect, useState } from 'preact/hooks'
import { readSelection, writeSelection, type Selection } from './selection'

/** The current selection, and a function that changes parts of it. */
export function useSelection(): [Selection, (change: Partial<Selection>) => void] {
  const [selection, setSelection] = useState(() => readSelection(window.location.search))

  useEffect(() => {
    const readBack = () => setSelection(readSelection(window.location.search))
    window.addEventListener('popstate', readBack)
    return () => window.removeEventListener('popstate', readBack)
  }, [])

  const change = (part: Partial<Selection>) => {
    const next = { ...selection, ...part }
    window.history.pushState(null, '', window.location.pathname + writeSelection(next))
    setSelection(next)
  }
  return [selection, change]
}
