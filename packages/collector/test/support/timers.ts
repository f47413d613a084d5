// A timer that outlives its test fails it.
import { vi } from 'vitest'

/** With fake timers only. */
export function assertNoTimerLeft(): void {
  const left = vi.getTimerCount()
  if (left > 0) throw new Error(`Expected no timer after the test, got ${left}.`)
}
