// A listener, timer or observer that outlives its tracker fails the test.
import { expect, vi } from 'vitest'
import { liveObservers, liveSizeObservers } from './fake-observer'

type Target = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>

/** Counts the listeners of some targets from now on. */
export function watchListeners(targets: Record<string, Target>) {
  const live: string[] = []
  const restore = Object.entries(targets).map(([name, target]) => {
    const { addEventListener, removeEventListener } = target
    target.addEventListener = (...args: Parameters<EventTarget['addEventListener']>) => {
      live.push(`${name} ${args[0]}`)
      addEventListener.apply(target, args)
    }
    target.removeEventListener = (...args: Parameters<EventTarget['removeEventListener']>) => {
      const index = live.indexOf(`${name} ${args[0]}`)
      if (index >= 0) live.splice(index, 1)
      removeEventListener.apply(target, args)
    }
    return () => Object.assign(target, { addEventListener, removeEventListener })
  })
  return { live, restore: () => restore.forEach((undo) => undo()) }
}

export function expectNothingLeft(listeners: readonly string[]): void {
  expect({
    listeners,
    timers: vi.getTimerCount(),
    observers: liveObservers().length + liveSizeObservers().length,
  }).toEqual({
    listeners: [],
    timers: 0,
    observers: 0,
  })
}
