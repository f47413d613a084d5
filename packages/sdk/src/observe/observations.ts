// All observed elements: which content each of them shows, and what the page's comings and goings mean for it.
import { contentKey } from '../subject'
import type { ViewEndReason } from '../wire'
import { createPulse, PULSE_MS } from './pulse'
import { createSeen, reconsider, type SeenPorts, stall } from './seen'
import type { Registration, Sight } from './sight'
import { measure } from './viewable'
import { isBoxless, type Viewport } from './viewport'

/** Longest time that scrolling inside content taller than the screen stays unmeasured, in milliseconds. */
const SAMPLE_MS = 100

export interface ObservationPorts extends SeenPorts {
  now(): number
  /** Whether it counts as on screen wherever it is. */
  isHeld?(asked: Registration): boolean
  /** Whether somebody can see the page. */
  isOpen(): boolean
  /** Asks for `scrolled()`. */
  followScroll?(wanted: boolean): void
  /** Where the site wants to know: why a content was counted or not. */
  explain?: ((sentence: string, details: object) => void) | undefined
}

const others = (sight: Sight) => sight.same.filter((other) => other !== sight)

export function createObservations(viewport: Viewport, ports: ObservationPorts) {
  const sights = new WeakMap<Element, Sight>()
  const byKey = new Map<string, Sight[]>()
  /** On screen, also while the page is not open. The only place that holds elements. */
  const onScreen = new Map<Sight, Element>()
  /** Those of them that are larger than the screen. */
  const tall = new Set<Sight>()
  /** Stopped within this task. */
  const leaving = new Set<Sight>()
  let task = 0
  let isSettling = false
  let open = ports.isOpen()
  let sampleAt = Infinity
  // A site that asks why wants to know at once.
  let isHurried = !!ports.explain
  let isCalm = false

  viewport.join({
    sampled(batch) {
      if (!byKey.size) return
      let wakeAt = sampleAt
      for (const entry of batch) wakeAt = Math.min(wakeAt, sampled(entry))
      wakeBy(wakeAt)
      ports.followScroll?.(tall.size > 0)
    },
    mayWait: () => !byKey.size || isCalm,
    watches: (element) => sights.has(element),
    moved() {
      for (const same of byKey.values()) same.forEach(resample)
    },
  })

  const pulse = createPulse({
    now: ports.now,
    stalled(gapMs) {
      for (const sight of onScreen.keys()) stall(sight, gapMs)
    },
    wake() {
      const now = catchUp()
      const isSampling = sampleAt <= now
      if (isSampling) sampleAt = Infinity
      for (const [sight, element] of onScreen) {
        // Chromium never tells of an element that was removed within the delay of its last measurement.
        if (!element.isConnected || (isSampling && tall.has(sight))) resample(sight)
        seen.woken(sight, now)
      }
      arm()
    },
  })

  const seen = createSeen(ports, { resample, others, tell })

  function wakeBy(at: number): void {
    const isAwake = open && onScreen.size > 0
    // What is not seen yet may leave without a word, and what comes is not seen before the pulse has looked.
    isCalm = isAwake && !isHurried
    for (const { stretch } of onScreen.keys()) if (stretch && stretch.state !== 'pending') isCalm = false
    pulse.arm(isAwake ? at : undefined)
  }

  function arm(): void {
    let wakeAt = sampleAt
    for (const { stretch } of onScreen.keys()) if (stretch && stretch.wakeAt < wakeAt) wakeAt = stretch.wakeAt
    wakeBy(wakeAt)
  }

  /** What was measured before a stall is not of it. */
  function alive(): number {
    viewport.deliver()
    return pulse.alive()
  }

  /** Brings everything up to now before something is decided. */
  function catchUp(): number {
    const now = alive()
    viewport.drain()
    return now
  }

  function tell(sight: Sight, reason: string, verdict = 'not counted'): void {
    const { key, peak: ratio, stretch, asked } = sight
    ports.explain?.(`${key} ${verdict}`, {
      element: sight.element.deref(),
      reason,
      ratio,
      onScreenMs: stretch && Math.round(ports.now() - stretch.enteredAt),
      isPageOpen: open,
      ...asked.wishes.criteria,
    })
  }

  /** One whose element was collected without a word is forgotten here at the latest. */
  function resample(sight: Sight): void {
    const element = sight.element.deref()
    if (element) viewport.sample(element)
    else remove(sight, 0, 'removed')
  }

  /** @returns when the content wants to be looked at again */
  function sampled(entry: IntersectionObserverEntry): number {
    const { target, time } = entry
    const sight = sights.get(target)
    if (!sight) return Infinity
    pulse.alive(time)
    const before = sight.sample
    const sample = measure(entry, sight.asked.wishes.criteria, sight.stretch && before)
    if (ports.isHeld?.(sight.asked)) sample.rule ??= 'area'
    if (sample.empty) viewport.awaitSize(target)
    if (ports.explain) {
      if (sample.empty) tell(sight, 'no size')
      else if (sample.rule && !open) tell(sight, 'page not visible')
      else if (!sample.ratio && sight.peak && !sight.stretch) tell(sight, 'too little of it')
      sight.peak = sample.ratio && Math.max(sight.peak, sample.ratio)
    }
    sight.sample = sample
    if (sample.rule) {
      if (!before?.rule) onScreen.set(sight, target)
      if (sample.oversize) tall.add(sight)
    } else if (!before?.rule) {
      return Infinity
    } else {
      onScreen.delete(sight)
      handOver(sight)
    }
    if (before?.oversize && !(sample.oversize && sample.rule)) tall.delete(sight)
    if (open) seen.sampled(sight, sample, target)
    return sight.stretch?.wakeAt ?? Infinity
  }

  function unwatch(sight: Sight): void {
    const element = sight.element.deref()
    // It may show something else by now.
    if (element && sights.get(element) === sight) sights.delete(element)
    viewport.unwatch(element)
  }

  /** A content goes on at another element that shows it, or came to show it within the task in which this one ends. */
  function handOver(sight: Sight): void {
    const { stretch, sample, leftAt } = sight
    if (!stretch || stretch.state === 'unpainted') return
    const heir = others(sight).find(
      (other) =>
        !other.stretch &&
        other.leftAt === undefined &&
        (onScreen.has(other) || (leftAt !== undefined && other.cameIn === task)),
    )
    const element = heir?.element.deref()
    if (!element) return
    if (!onScreen.has(heir!)) heir!.sample = sample
    onScreen.set(heir!, element)
    heir!.stretch = stretch
    heir!.unaddedMs += sight.unaddedMs
    sight.stretch = undefined
    reconsider(heir!)
    arm()
  }

  function remove(sight: Sight, endedAt: number, reason: ViewEndReason): void {
    handOver(sight)
    seen.close(sight, endedAt, reason)
    onScreen.delete(sight)
    tall.delete(sight)
    const same = others(sight)
    for (const other of same) other.same = same
    if (same.length) byKey.set(sight.key, same)
    else byKey.delete(sight.key)
    unwatch(sight)
  }

  // At the end of the task: frameworks unmount and mount the same content within one, in either order.
  function settleSoon(): void {
    if (!isSettling) queueMicrotask(settle)
    isSettling = true
  }

  function leave(sight: Sight): void {
    leaving.add(sight)
    settleSoon()
  }

  /** Ends what has left its element, unless the same content lives on at another one. */
  function settle(): void {
    if (leaving.size) viewport.drain()
    for (const sight of leaving) {
      if (sight.leftAt === undefined) continue
      const element = sight.element.deref()
      const isRecycled = element && sights.get(element) !== sight
      remove(sight, sight.leftAt, isRecycled ? 'recycled' : element?.isConnected ? 'untracked' : 'removed')
    }
    leaving.clear()
    isSettling = false
    task++
    arm()
  }

  /** The sight of a content on an element. One that is known goes on as it is, with new wishes. */
  function register(asked: Registration, element: Element): Sight {
    const { criteria } = asked.wishes
    const { key = contentKey(asked.content) } = asked
    const current = sights.get(element)
    if (current && current.key !== key) {
      const now = catchUp()
      current.leftAt ??= now
      // A content may come to another element within this task: rows of a list that move on by one. A player may not.
      if (asked.key) remove(current, current.leftAt, 'recycled')
      else {
        sights.delete(element)
        leave(current)
      }
    }

    const known = sights.get(element)
    let sight = known ?? (leaving.size ? byKey.get(key)?.find(({ leftAt }) => leftAt !== undefined) : undefined)
    if (sight) {
      const before = sight.asked.wishes.criteria
      sight.asked = asked
      sight.leftAt = undefined
      if (sight === known && (before === criteria || JSON.stringify(before) === JSON.stringify(criteria))) return sight
      unwatch(sight)
      sight.element = new WeakRef(element)
      if (onScreen.has(sight)) onScreen.set(sight, element)
      reconsider(sight)
    } else {
      const same = byKey.get(key) ?? []
      sight = {
        key,
        same,
        asked,
        element: new WeakRef(element),
        cameIn: task,
        leftAt: undefined,
        unaddedMs: 0,
        peak: 0,
        sample: undefined,
        stretch: undefined,
      }
      byKey.set(key, same)
      same.push(sight)
    }
    sights.set(element, sight)
    // Stretches that add up may be full at any moment.
    isHurried ||= !!criteria.accumulate || Math.min(criteria.minDurationMs, asked.wishes.minViewMs) < 2 * PULSE_MS
    viewport.watch(element, criteria.threshold, criteria.largeArea?.threshold)
    if (ports.explain && isBoxless(element)) tell(sight, 'display: contents')
    settleSoon()
    return sight
  }

  /** What is due is counted, and every stretch ends now. */
  function endAll(reason: ViewEndReason): void {
    const now = catchUp()
    for (const sight of onScreen.keys()) seen.close(sight, now, reason)
  }

  /** The page goes away. */
  function hide(reason: ViewEndReason): void {
    settle()
    endAll(reason)
    open = false
    arm()
  }

  return {
    observe(element: Element, asked: Registration): () => void {
      const sight = register(asked, element)
      return () => {
        if (sight.asked !== asked) return
        sight.leftAt ??= alive()
        leave(sight)
      }
    },

    /** A click on a content that is observed and not seen yet makes its impression. */
    interacted(key: string): void {
      viewport.deliver()
      const same = byKey.get(key)
      const sight = same?.find(({ stretch }) => stretch) ?? same?.[0]
      if (sight && sight.stretch?.state !== 'viewing') seen.interacted(sight)
      arm()
    },

    /** The browser is silent while both edges of a content are off screen, so it is asked. */
    scrolled(): void {
      if (sampleAt < Infinity || !tall.size) return
      sampleAt = alive() + SAMPLE_MS
      arm()
    },

    hide,

    /** The page is back. What was known before is stale until the browser measures again, which it does only if asked. */
    show(): void {
      if (open) return
      open = true
      alive()
      for (const sight of onScreen.keys()) {
        ports.looked?.(sight.asked, 0)
        resample(sight)
      }
      arm()
    },

    /** Another page of the same document, or another session: what stays on screen begins anew under it. */
    endAll(reason: ViewEndReason): void {
      endAll(reason)
      for (const same of byKey.values()) for (const sight of same) sight.unaddedMs = 0
      for (const sight of onScreen.keys()) resample(sight)
      arm()
    },

    close(): void {
      hide('closed')
      onScreen.clear()
    },
  }
}
