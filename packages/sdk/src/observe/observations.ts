// All observed elements: which content each of them shows, and what the page's comings and goings mean for it.
import type { Dedupe } from '../subject'
import type { SeenRule, ViewEndReason } from '../wire'
import { createDepthSampler } from './depth'
import { createHandover } from './handover'
import { createPulse } from './pulse'
import { type Criteria, createSeen, isRunning } from './seen'
import { createSight, elementOf, type Registration, type Sight } from './sight'
import { measure } from './viewable'
import { type Insets, isPainted, openViewport, sizeAround } from './viewport'

/** How an impression came about. */
export interface Sighting {
  ratio: number
  rule: SeenRule
  criteria: Criteria
  confirmLagMs: number
}

/** One stretch of time on screen that has ended. */
export interface ViewedStretch {
  durationMs: number
  totalMs: number
  stallMs: number
  scrollDepth: number
  endReason: ViewEndReason
}

export interface ObservationPorts {
  now(): number
  isOpen(): boolean
  onScroll(listener: () => void): () => void
  isSeen(key: string, dedupe: Dedupe): boolean
  /** Adds to the total of a content in its dedupe scope and tells the total, in milliseconds. */
  addTime(key: string, dedupe: Dedupe, durationMs: number): number
  impression(sight: Registration, sighting: Sighting): void
  view(sight: Registration, stretch: ViewedStretch): void
}

export type Observations = ReturnType<typeof createObservations>

export function createObservations(insets: Insets, ports: ObservationPorts) {
  const sights = new WeakMap<Element, Sight>()
  const byKey = new Map<string, Set<Sight>>()
  /** On screen, or waiting for the page to come back. The only place that holds elements. */
  const onScreen = new Set<Sight>()
  let open = ports.isOpen()
  let registrations = 0

  const viewport = openViewport(insets, (batch) => {
    pulse.alive()
    for (const entry of batch) sampled(entry)
    rearm()
  })

  const pulse = createPulse({
    now: ports.now,
    isNeeded: () => open && onScreen.size > 0,
    nextWakeAt: () =>
      [...onScreen].reduce((earliest, { stretch }) => Math.min(earliest, stretch.wakeAt), depth.dueAt()),
    stalled(gapMs) {
      for (const sight of onScreen) seen.stalled(sight, gapMs)
    },
    wake(now) {
      viewport.drain()
      if (depth.take(now)) for (const sight of onScreen) if (isTall(sight)) resample(sight)
      for (const sight of onScreen) seen.woken(sight, now)
    },
  })

  const depth = createDepthSampler({ onScroll: ports.onScroll, alive: pulse.alive, changed: pulse.arm })

  const seen = createSeen<Sight>({
    isSeen: (sight) => ports.isSeen(sight.key, sight.dedupe),
    isPainted: (sight) => ask(sight, isPainted) ?? false,
    isConnected,
    resample,
    impression(sight, rule, confirmLagMs) {
      const { criteria, stretch } = sight
      ports.impression(sight, {
        ratio: Math.round(stretch.ratio * 1_000) / 1_000,
        rule,
        criteria,
        confirmLagMs: Math.round(confirmLagMs),
      })
    },
    ended(sight, durationMs, endReason, worthTelling) {
      sight.unaddedMs += durationMs
      if (!worthTelling) return
      const totalMs = ports.addTime(sight.key, sight.dedupe, sight.unaddedMs)
      sight.unaddedMs = 0
      ports.view(sight, {
        durationMs: Math.round(durationMs),
        totalMs: Math.round(totalMs),
        stallMs: Math.round(sight.stretch.stallMs),
        scrollDepth: Math.round(sight.stretch.depth),
        endReason,
      })
    },
  })

  const handover = createHandover((sight, heir) => {
    if (heir?.stretch.state === 'idle') {
      heir.stretch = sight.stretch
      heir.unaddedMs = sight.unaddedMs
      sight.stretch = { ...sight.stretch, state: 'idle' }
      settle(heir)
    }
    remove(sight, sight.leftAt ?? ports.now(), isConnected(sight) ? 'untracked' : 'removed')
    rearm()
  })

  function resample(sight: Sight): void {
    ask(sight, (element) => viewport.resample(element, sight.criteria.threshold))
  }

  function sampled(entry: IntersectionObserverEntry): void {
    const sight = sights.get(entry.target)
    if (!sight) return
    const sample = measure(entry, sight.criteria.threshold, () => sizeAround(entry.target))
    seen.sampled(sight, sample, open)
    settle(sight)
  }

  /** Holds the element exactly as long as time may pass for it. */
  function settle(sight: Sight): void {
    const isHeld = sight.stretch.state !== 'idle'
    sight.held = isHeld ? elementOf(sight) : undefined
    if (isHeld) onScreen.add(sight)
    else onScreen.delete(sight)
  }

  function rearm(): void {
    depth.need(open && [...onScreen].some(isTall))
    pulse.arm()
  }

  /** Ends a stretch now and forgets where it stood. */
  function interrupt(sight: Sight, endedAt: number, reason: ViewEndReason): void {
    seen.close(sight, endedAt, reason)
    sight.stretch.state = 'idle'
    settle(sight)
  }

  function remove(sight: Sight, endedAt: number, reason: ViewEndReason): void {
    const element = elementOf(sight)
    interrupt(sight, endedAt, reason)
    handover.release(sight)
    const same = byKey.get(sight.key)
    same?.delete(sight)
    if (!same?.size) byKey.delete(sight.key)
    if (!element || sights.get(element) !== sight) return
    sights.delete(element)
    viewport.unwatch(element, sight.criteria.threshold)
  }

  function add(sight: Sight, element: Element): Sight {
    sights.set(element, sight)
    byKey.set(sight.key, (byKey.get(sight.key) ?? new Set()).add(sight))
    handover.arrive(sight)
    viewport.watch(element, sight.criteria.threshold)
    return sight
  }

  /** Gives a known content new wishes, and a new element if it moved. Without either nothing starts over. */
  function adopt(sight: Sight, registration: Registration, element: Element): Sight {
    const before = elementOf(sight)
    const { threshold, minDurationMs } = sight.criteria
    const isSameThreshold = threshold === registration.criteria.threshold
    handover.release(sight)
    sight.leftAt = undefined
    Object.assign(sight, registration)
    if (before !== element || !isSameThreshold) {
      if (before) {
        sights.delete(before)
        viewport.unwatch(before, threshold)
      }
      sight.element = new WeakRef(element)
      sight.held &&= element
      sights.set(element, sight)
      viewport.watch(element, sight.criteria.threshold)
    }
    if (!isSameThreshold || minDurationMs !== sight.criteria.minDurationMs) seen.reconsidered(sight)
    rearm()
    return sight
  }

  function register(registration: Registration, element: Element): Sight {
    const fresh = createSight(registration, element)
    const current = sights.get(element)
    if (current?.key === fresh.key) return adopt(current, registration, element)
    if (current) {
      const now = pulse.alive()
      viewport.drain()
      remove(current, current.leftAt ?? now, 'recycled')
    }
    const moved = handover.findLeaving(fresh.key)
    return moved ? adopt(moved, registration, element) : add(fresh, element)
  }

  function leave(sight: Sight): void {
    const now = pulse.alive()
    viewport.drain()
    sight.leftAt = now
    handover.leave(sight)
  }

  return {
    observe(element: Element, registration: Registration): () => void {
      const sight = register(registration, element)
      const number = (sight.registration = ++registrations)
      return () => {
        if (sight.registration === number && sight.leftAt === undefined && byKey.get(sight.key)?.has(sight))
          leave(sight)
      }
    },

    /** A click on a content that is observed and not seen yet makes its impression. */
    interacted(key: string): void {
      const same = [...(byKey.get(key) ?? [])]
      if (!same.length || same.some(({ stretch }) => isRunning(stretch) && stretch.counted)) return
      pulse.alive()
      const sight = same.find(({ stretch }) => isRunning(stretch)) ?? same[0]!
      if (!ports.isSeen(key, sight.dedupe)) seen.interacted(sight)
    },

    /** The page goes away: what is due is counted, and every stretch ends now. */
    hide(reason: ViewEndReason): void {
      if (!open) return
      const now = pulse.alive()
      handover.reconcile()
      viewport.drain()
      for (const sight of onScreen) {
        seen.close(sight, now, reason)
        sight.stretch.state = 'suspended'
      }
      open = false
      rearm()
    },

    /** The page is back. What was known before is stale until the browser measures again, which it does only if asked. */
    show(): void {
      if (open) return
      open = true
      pulse.resume()
      for (const sight of onScreen) resample(sight)
      rearm()
    },

    /** Another page of the same document: what stays on screen begins anew under it. */
    route(): void {
      const now = pulse.alive()
      viewport.drain()
      for (const sight of open ? onScreen : []) {
        interrupt(sight, now, 'route')
        resample(sight)
      }
      rearm()
    },

    close(): void {
      const now = pulse.alive()
      handover.reconcile()
      viewport.drain()
      for (const sight of onScreen) interrupt(sight, now, 'closed')
      open = false
      rearm()
      byKey.clear()
      viewport.close()
    },
  }
}

const isTall = ({ stretch }: Sight) => isRunning(stretch) && stretch.oversize

const isConnected = (sight: Sight) => ask(sight, (element) => element.isConnected) ?? false

function ask<Result>(sight: Sight, question: (element: Element) => Result): Result | undefined {
  const element = elementOf(sight)
  return element && question(element)
}
