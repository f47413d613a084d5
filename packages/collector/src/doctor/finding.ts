// What one check found, and what to do about it.

/** `problem`: events are refused, lost or counted wrongly. `warning`: they may be, or nobody can tell. */
export type FindingState = 'ok' | 'warning' | 'problem'

export interface Finding {
  /** What was looked at, in a few words; the same in every run. */
  check: string
  state: FindingState
  /** What was found, with the value. */
  found: string
  /** What to do. With every state but `ok`. */
  remedy?: string
}

export const fine = (check: string, found: string): Finding => ({ check, state: 'ok', found })
export const warning = (check: string, found: string, remedy: string): Finding => ({
  check,
  state: 'warning',
  found,
  remedy,
})
export const problem = (check: string, found: string, remedy: string): Finding => ({
  check,
  state: 'problem',
  found,
  remedy,
})
