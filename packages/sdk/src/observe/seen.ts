// The state machine of one observed content: when is it seen, and how long was it on screen?
import type { Dedupe } from '../subject'
import type { SeenRule, ViewEndReason, WireEvent } from '../wire'
import type { Registration, Sight, Stretch } from './sight'
import type { Sample } from './viewable'
import { isPainted } from './viewport'

/** A deadline that runs later than this was held up by a stall; the next frame may still show the old position. */
const LATE_MS = 100

/** Distance of the second fresh sample after a late deadline, in milliseconds. */
const SECOND_LOOK_MS = 100

/** How often an element that is on screen but not painted is looked at again, in milliseconds. */
const PAINT_RETRY_MS = 250

export interface SeenPorts {
  /** Whether an impression of this content exists in its dedupe scope. A glance may miss what another tab saw meanwhile. */
  isSeen(key: string, dedupe: Dedupe, isGlance?: boolean): boolean
  /** Adds to the total of a content in its dedupe scope and tells the total, in milliseconds. */
  addTime(key: string, dedupe: Dedupe, durationMs: number): number
  /** When the page is back, at the start of a stretch and a few times a second in it: whether a fresh sample is wanted. */
  looked?(asked: Registration, onScreenMs: number): boolean
  record(asked: Registration, fields: Pick<WireEvent, Exclude<keyof WireEvent, 'content' | 'metadata'>>): void
}

export interface SeenNeighbours {
  /** Asks for a fresh sample. */
  resample(sight: Sight): void
  /** Other elements that are observed for the same content. */
  others(sight: Sight): Sight[]
  /** Says why something was not counted, or was, where the site wants to know. */
  tell(sight: Sight, reason: string, verdict?: 'counted'): void
}

export function createSeen(ports: SeenPorts, { resample, others, tell }: SeenNeighbours) {
  function begin(sight: Sight, { time, depth }: Sample): void {
    sight.stretch = undefined
    // The time of a content passes once, however many elements show it: the first of them counts.
    if (others(sight).some(({ stretch }) => stretch && stretch.state !== 'unpainted')) return
    sight.stretch = { state: 'pending', enteredAt: time, wakeAt: 0, stallMs: 0, depth }
    ports.looked?.(sight.asked, 0)
    if (!ports.isSeen(sight.key, sight.asked.wishes.dedupe, true)) return reconsider(sight)
    view(sight.stretch)
    tell(sight, 'seen before')
  }

  function commit(sight: Sight, rule: SeenRule | undefined, confirmLagMs = 0): void {
    const { stretch, sample, asked } = sight
    tell(sight, rule!, 'counted')
    ports.record(asked, {
      type: 'impression',
      ratio: Math.round((sample?.ratio ?? 0) * 1_000) / 1_000,
      rule,
      criteria: asked.wishes.criteria,
      confirmLagMs: Math.round(confirmLagMs),
    })
    if (stretch) view(stretch)
  }

  function end(sight: Sight, endedAt: number, endReason: ViewEndReason): void {
    const { stretch, key, asked } = sight
    if (!stretch) return
    const durationMs = Math.max(0, endedAt - stretch.enteredAt)
    const isViewed = stretch.state === 'viewing'
    if (!isViewed) tell(sight, endReason)
    sight.stretch = undefined
    if (stretch.state === 'unpainted') return
    sight.unaddedMs += durationMs
    // A glimpse of something unseen is not told, but its time is in the total.
    if (!isViewed && durationMs < asked.wishes.minViewMs) return
    const totalMs = ports.addTime(key, asked.wishes.dedupe, sight.unaddedMs)
    if (isViewed) sight.unaddedMs = 0
    ports.record(asked, {
      type: 'view',
      durationMs: Math.round(durationMs),
      totalMs: Math.round(totalMs),
      stallMs: Math.round(stretch.stallMs),
      scrollDepth: Math.round(stretch.depth),
      endReason,
    })
  }

  function confirm(sight: Sight, stretch: Stretch, sample: Sample): void {
    if (stretch.state === 'doubting') {
      stretch.state = 'confirming'
      stretch.wakeAt = sample.time + SECOND_LOOK_MS
    } else if (!isPainted(sight.element.deref())) {
      if (stretch.state !== 'unpainted') tell(sight, 'not painted')
      stretch.state = 'unpainted'
      stretch.wakeAt = sample.time + PAINT_RETRY_MS
      // Another element may show what this one does not.
      others(sight).forEach(resample)
    } else if (stretch.state === 'unpainted') {
      begin(sight, sample)
    } else {
      commit(sight, sample.rule, Math.max(0, sample.time - deadlineOf(sight, stretch)))
    }
  }

  return {
    /** A measurement arrived. */
    sampled(sight: Sight, sample: Sample, element: Element): void {
      const { stretch } = sight
      if (!sample.rule) {
        // Also when it left after the deadline: "it was still visible at the deadline" counts what nobody saw.
        end(sight, sample.time, element.isConnected ? 'left' : 'removed')
      } else if (!stretch) {
        begin(sight, sample)
      } else {
        stretch.depth = Math.max(stretch.depth, sample.depth)
        if (stretch.wakeAt === Infinity && stretch.state !== 'viewing') confirm(sight, stretch, sample)
      }
    },

    /** `wakeAt` may have come. Samples that waited must have been handed over before. */
    woken(sight: Sight, now: number): void {
      const { stretch, key, asked } = sight
      if (stretch && ports.looked?.(asked, now - stretch.enteredAt)) resample(sight)
      if (!stretch || stretch.wakeAt > now) return
      if (stretch.state === 'pending') {
        // It was counted in some other way meanwhile.
        if (ports.isSeen(key, asked.wishes.dedupe)) return view(stretch)
        stretch.state = now - stretch.wakeAt > LATE_MS ? 'doubting' : 'confirming'
      }
      // Never counted on a timer alone: while the main thread stood still the element may have left.
      stretch.wakeAt = Infinity
      resample(sight)
    },

    /** Ends a stretch from outside, after counting it if its time was full. */
    close(sight: Sight, endedAt: number, reason: ViewEndReason): void {
      const { stretch, sample, element } = sight
      if (stretch && isWaiting(stretch) && endedAt >= deadlineOf(sight, stretch) && isPainted(element.deref()))
        commit(sight, sample?.rule)
      end(sight, endedAt, reason)
    },

    /** A click proves that the content was seen. */
    interacted: (sight: Sight) => commit(sight, 'interaction'),
  }
}

/** The page stood still for `gapMs`: nobody knows what was on screen, so the time counts for nothing. */
export function stall(sight: Sight, gapMs: number): void {
  const { stretch } = sight
  if (!stretch) return
  stretch.stallMs += gapMs
  stretch.enteredAt += gapMs
  reconsider(sight)
}

/** The deadline has moved under a stretch that may still wait for it. */
export function reconsider(sight: Sight): void {
  const { stretch } = sight
  if (!stretch || !isWaiting(stretch)) return
  stretch.state = 'pending'
  stretch.wakeAt = deadlineOf(sight, stretch)
}

function view(stretch: Stretch): void {
  stretch.state = 'viewing'
  stretch.wakeAt = Infinity
}

const isWaiting = ({ state }: Stretch) => state !== 'viewing' && state !== 'unpainted'

function deadlineOf({ asked, unaddedMs }: Sight, { enteredAt }: Stretch): number {
  const { minDurationMs, accumulate } = asked.wishes.criteria
  return enteredAt + Math.max(0, minDurationMs - (accumulate ? unaddedMs : 0))
}
