// What the keyboard does, in one table: for the listener and for the help that people read.
import { audiences, pages, periods, type PageName, type Selection } from './selection'

export interface Shortcut {
  key: string
  does: string
}

export interface KeyActions {
  selection: Selection
  mayOpen: readonly PageName[]
  go(change: Partial<Selection>): void
  /** Shows as many days earlier (-1) or later (1). */
  shift(steps: number): void
  refresh(): void
  help(): void
}

export const shortcuts: Shortcut[] = [
  ...periods.map(({ key, label }) => ({ key, does: label })),
  { key: '←', does: 'The period before' },
  { key: '→', does: 'The period after' },
  { key: 'x', does: 'Show or hide the comparison' },
  { key: 'a', does: 'Next audience' },
  { key: 'r', does: 'Fresh numbers' },
  { key: 'Esc', does: 'Without filters' },
  ...pages.map(({ label }, index) => ({ key: String(index + 1), does: label })),
  { key: '?', does: 'This help' },
]

/** Whether somebody writes, or uses the arrow keys for something else. */
const isBusy = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input, select, textarea, dialog, [contenteditable]') !== null

/** What one key press does; `false` when it is none of ours. */
export function pressKey(event: KeyboardEvent, actions: KeyActions): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.repeat || isBusy(event.target)) return false
  const { selection, go, shift, refresh, help, mayOpen } = actions
  const { key } = event
  const period = periods.find((each) => each.key === key)
  const page = /^[1-9]$/.test(key) ? pages[Number(key) - 1]?.value : undefined
  if (period !== undefined) go({ period: { days: period.value } })
  else if (page !== undefined) {
    if (mayOpen.includes(page)) go({ page, content: null })
  } else if (key === 'ArrowLeft') shift(-1)
  else if (key === 'ArrowRight') shift(1)
  else if (key === 'x') go({ compares: !selection.compares })
  else if (key === 'a') {
    const at = audiences.findIndex(({ value }) => value === selection.audience)
    go({ audience: audiences[(at + 1) % audiences.length]!.value })
  } else if (key === 'Escape' && Object.keys(selection.filters).length > 0) go({ filters: {} })
  else if (key === 'r') refresh()
  else if (key === '?') help()
  else return false
  return true
}
