// All observed elements: which content each of them shows, and what the page's comings and goings mean for it.
import { contentKey } from '../subject'
import type { ViewEndReason } from '../wire'
import { createPulse } from './pulse'
import { createSeen, reconsider, type SeenPorts, stall } from './seen'
import type { Registration, Sight } from './sight'
import { measure } from './viewable'
import { type Insets, openViewport } from './viewport'

/** Longest time that scrolling inside content taller than the screen stays unmeasured, in milliseconds. */
const SAMPLE_MS = 100

export interface ObservationPorts extends SeenPorts {
  now(): number
  isOpen(): boolean
}

export function createObservations(insets: Insets, ports: ObservationPorts) {
  const sights = new WeakMap<Element, Sight>()
  const byKey = new Map<string, Set<Sight>>()
  /** On screen, also while the page is not open. The only place that holds elements. */
  const onScreen = new Map<Sight, Element>()
  /** Came to an element or left one within this task. */
  const moving = new Set<Sight>()
  let open = ports.isOpen()
  let sampleAt = Infinity

  const viewport = openViewport(insets, (batch) => {
    pulse.alive()
    for (const entry of batch) sampled(entry)
    pulse.arm()
  })

  const pulse = createPulse({
    now: ports.now,
    nextWakeAt() {
      if (!open || !onScreen.size) return undefined
      return Math.min(sampleAt, ...[...onScreen.keys()].map(({ stretch }) => stretch?.wakeAt ?? Infinity))
    },
    stalled(gapMs) {
      for (const [sight] of onScreen) stall(sight, gapMs)
    },
    wake() {
      const now = catchUp()
      const isSampling = sampleAt <= now
      if (isSampling) sampleAt = Infinity
      for (const [sight] of onScreen) {
        if (isSampling && sight.sample?.oversize) resample(sight)
        seen.woken(sight, now)
      }
      pulse.arm()
    },
  })

  const seen = createSeen(ports, resample)

  /** Brings everything up to now before something is decided. */
  function catchUp(): number {
    const now = pulse.alive()
    viewport.drain()
    return now
  }

  function resample(sight: Sight): void {
    const element = sight.element.deref()
    if (element) viewport.watch(element, sight.criteria.threshold)
  }

  function sampled(entry: IntersectionObserverEntry): void {
    const sight = sights.get(entry.target)
    if (!sight) return
    const sample = measure(entry, sight.criteria.threshold)
    if (sample.rule) onScreen.set(sight, entry.target)
    else onScreen.delete(sight)
    if (open) seen.sampled(sight, sample)
  }

  function unwatch(sight: Sight): void {
    const element = sight.element.deref()
    if (!element || sights.get(element) !== sight) return
    sights.delete(element)
    viewport.unwatch(element, sight.criteria.threshold)
  }

  function remove(sight: Sight, endedAt: number, reason: ViewEndReason): void {
    seen.close(sight, endedAt, reason)
    onScreen.delete(sight)
    const same = byKey.get(sight.key)
    same?.delete(sight)
    if (!same?.size) byKey.delete(sight.key)
    unwatch(sight)
  }

  function find(key: string, accepts: (sight: Sight) => unknown): Sight | undefined {
    return [...(byKey.get(key) ?? [])].find(accepts)
  }

  // At the end of the task: frameworks unmount and mount the same content within one, in either order.
  function settleSoon(sight: Sight): void {
    if (!moving.size) queueMicrotask(settle)
    moving.add(sight)
  }

  /** Ends what has left its element, unless the same content lives on at another one. */
  function settle(): void {
    if (moving.size) viewport.drain()
    for (const sight of moving) {
      const { leftAt, stretch, sample, unaddedMs } = sight
      if (leftAt === undefined) continue
      const heir = find(sight.key, (other) => moving.has(other) && other.leftAt === undefined && !other.stretch)
      const element = heir?.element.deref()
      if (stretch && heir && element) {
        Object.assign(heir, { stretch, sample, unaddedMs })
        onScreen.set(heir, element)
        sight.stretch = undefined
      }
      remove(sight, leftAt, sight.element.deref()?.isConnected ? 'untracked' : 'removed')
    }
    moving.clear()
    pulse.arm()
  }

  /** The sight of a content on an element. One that is known goes on as it is, with new wishes. */
  function register(registration: Registration, element: Element): Sight {
    const { criteria, content } = registration
    const key = contentKey(content)
    const current = sights.get(element)
    if (current && current.key !== key) {
      const now = catchUp()
      remove(current, current.leftAt ?? now, 'recycled')
    }

    const sight = sights.get(element) ??
      find(key, ({ leftAt }) => leftAt !== undefined) ?? {
        ...registration,
        key,
        element: new WeakRef(element),
        unaddedMs: 0,
      }
    const before = sight.criteria
    const isNew = sights.get(element) !== sight || before.threshold !== criteria.threshold
    if (isNew) unwatch(sight)
    Object.assign(sight, registration, { element: new WeakRef(element), leftAt: undefined })
    if (isNew) {
      sights.set(element, sight)
      byKey.set(key, (byKey.get(key) ?? new Set()).add(sight))
      viewport.watch(element, criteria.threshold)
      settleSoon(sight)
    }
    if (before.minDurationMs !== criteria.minDurationMs) {
      reconsider(sight)
      pulse.arm()
    }
    return sight
  }

  /** The page goes away: what is due is counted, and every stretch ends now. */
  function hide(reason: ViewEndReason): void {
    settle()
    const now = catchUp()
    for (const [sight] of onScreen) seen.close(sight, now, reason)
    open = false
    pulse.arm()
  }

  return {
    observe(element: Element, registration: Registration): () => void {
      const sight = register(registration, element)
      return () => {
        if (sight.read !== registration.read) return
        sight.leftAt ??= pulse.alive()
        settleSoon(sight)
      }
    },

    /** A click on a content that is observed and not seen yet makes its impression. */
    interacted(key: string): void {
      if (find(key, ({ stretch }) => stretch?.state === 'viewing')) return
      const sight = find(key, ({ stretch }) => stretch) ?? find(key, () => true)
      if (sight) seen.interacted(sight)
    },

    /** The browser is silent while both edges of a content are off screen, so it is asked. */
    scrolled(): void {
      if (sampleAt < Infinity) return
      sampleAt = pulse.alive() + SAMPLE_MS
      pulse.arm()
    },

    hide,

    /** The page is back. What was known before is stale until the browser measures again, which it does only if asked. */
    show(): void {
      open = true
      pulse.alive()
      for (const [sight] of onScreen) resample(sight)
      pulse.arm()
    },

    /** Another page of the same document: what stays on screen begins anew under it. */
    route(): void {
      const now = catchUp()
      for (const [sight] of onScreen) {
        seen.close(sight, now, 'route')
        resample(sight)
      }
      pulse.arm()
    },

    close(): void {
      hide('closed')
      onScreen.clear()
      viewport.close()
    },
  }
}
