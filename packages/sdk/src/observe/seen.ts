// The state machine of one observed content: when is it seen, and how long was it on screen? It touches no browser.
import type { SeenRule, ViewEndReason } from '../wire'
import type { Sample } from './viewable'

/** A deadline that runs later than this was held up by a stall; the next frame may still show the old position. */
const LATE_MS = 100

/** Distance of the second fresh sample after a late deadline, in milliseconds. */
const SECOND_LOOK_MS = 100

/** How often an element that is on screen but not painted is looked at again, in milliseconds. */
const PAINT_RETRY_MS = 250

export interface Criteria {
  /** Share of the area, from 0 to 1. */
  threshold: number
  /** Continuous time on screen, in milliseconds. */
  minDurationMs: number
}

/**
 * - `idle` not enough of it on screen
 * - `pending` on screen, the deadline runs
 * - `confirming` deadline passed, a fresh sample was asked for
 * - `viewing` on screen and seen
 * - `suspended` the page is not open; a fresh sample is asked for when it is again
 */
export type SightState = 'idle' | 'pending' | 'confirming' | 'viewing' | 'suspended'

/** One stretch of time on screen, and where it stands. All times in milliseconds on the clock of the samples. */
export interface Stretch {
  state: SightState
  startedAt: number
  /** Start of the time that counts for the impression; later than `startedAt` after a stall. */
  enteredAt: number
  /** When the machine wants to be called next; `Infinity` when it waits for a sample. */
  wakeAt: number
  deadlineAt: number
  stallMs: number
  ratio: number
  rule: SeenRule
  oversize: boolean
  depth: number
  /** Its impression exists: counted now or before. */
  counted: boolean
  secondLook: boolean
  unpainted: boolean
}

export function idleStretch(): Stretch {
  return {
    state: 'idle',
    startedAt: 0,
    enteredAt: 0,
    wakeAt: Infinity,
    deadlineAt: 0,
    stallMs: 0,
    ratio: 0,
    rule: 'area',
    oversize: false,
    depth: 0,
    counted: false,
    secondLook: false,
    unpainted: false,
  }
}

/** What the machine runs on; `Seen` is given back to every port unchanged. */
export interface Seen {
  criteria: Criteria
  stretch: Stretch
}

export interface SeenPorts<Subject extends Seen> {
  /** Whether an impression of this content exists in its dedupe scope. */
  isSeen(sight: Subject): boolean
  isPainted(sight: Subject): boolean
  isConnected(sight: Subject): boolean
  /** Asks for a fresh sample. */
  resample(sight: Subject): void
  impression(sight: Subject, rule: SeenRule, confirmLagMs: number): void
  /** A stretch has ended. `worthTelling` is `false` for a glimpse of something unseen. */
  ended(sight: Subject, durationMs: number, reason: ViewEndReason, worthTelling: boolean): void
}

export function createSeen<Subject extends Seen>(ports: SeenPorts<Subject>) {
  function begin(sight: Subject, sample: Sample): void {
    const counted = ports.isSeen(sight)
    const deadlineAt = sample.time + sight.criteria.minDurationMs
    sight.stretch = {
      ...idleStretch(),
      state: counted ? 'viewing' : 'pending',
      startedAt: sample.time,
      enteredAt: sample.time,
      wakeAt: counted ? Infinity : deadlineAt,
      deadlineAt,
      counted,
      depth: sample.depth,
    }
  }

  function commit(sight: Subject, rule: SeenRule, confirmLagMs: number): void {
    const { stretch } = sight
    stretch.counted = true
    stretch.wakeAt = Infinity
    if (isRunning(stretch)) stretch.state = 'viewing'
    ports.impression(sight, rule, confirmLagMs)
  }

  function end(sight: Subject, endedAt: number, reason: ViewEndReason): void {
    const { stretch } = sight
    const durationMs = Math.max(0, endedAt - stretch.startedAt - stretch.stallMs)
    stretch.state = 'idle'
    stretch.wakeAt = Infinity
    ports.ended(sight, durationMs, reason, stretch.counted || durationMs >= sight.criteria.minDurationMs)
  }

  function confirm(sight: Subject, sample: Sample): void {
    const { stretch } = sight
    if (stretch.secondLook) {
      stretch.secondLook = false
      stretch.wakeAt = sample.time + SECOND_LOOK_MS
    } else if (!ports.isPainted(sight)) {
      stretch.unpainted = true
      stretch.wakeAt = sample.time + PAINT_RETRY_MS
    } else if (stretch.unpainted) {
      begin(sight, sample)
    } else {
      commit(sight, stretch.rule, Math.max(0, sample.time - stretch.deadlineAt))
    }
  }

  return {
    /** A measurement arrived. */
    sampled(sight: Subject, sample: Sample, pageIsOpen: boolean): void {
      if (!pageIsOpen) {
        // Only remembered: what is on screen when the page comes back gets a fresh sample then.
        sight.stretch.state = sample.rule ? 'suspended' : 'idle'
        return
      }
      if (!sample.rule) {
        // Also when it left after the deadline: "it was still visible at the deadline" counts what nobody saw.
        if (isRunning(sight.stretch)) end(sight, sample.time, ports.isConnected(sight) ? 'left' : 'removed')
        sight.stretch.state = 'idle'
        sight.stretch.ratio = sample.ratio
        return
      }
      const wasRunning = isRunning(sight.stretch)
      if (!wasRunning) begin(sight, sample)
      const { stretch } = sight
      stretch.ratio = sample.ratio
      stretch.rule = sample.rule
      stretch.oversize = sample.oversize
      stretch.depth = Math.max(stretch.depth, sample.depth)
      if (wasRunning && stretch.state === 'confirming' && stretch.wakeAt === Infinity) confirm(sight, sample)
    },

    /** `wakeAt` has come. Samples that waited must have been handed over before. */
    woken(sight: Subject, now: number): void {
      const { stretch } = sight
      if (stretch.wakeAt > now) return
      if (stretch.state === 'pending' && ports.isSeen(sight)) {
        // Another element with the same content was faster.
        stretch.counted = true
        stretch.state = 'viewing'
        stretch.wakeAt = Infinity
        return
      }
      if (stretch.state === 'pending') {
        stretch.secondLook = now - stretch.deadlineAt > LATE_MS
        stretch.state = 'confirming'
      }
      // Never counted on a timer alone: while the main thread stood still the element may have left.
      stretch.wakeAt = Infinity
      ports.resample(sight)
    },

    /** Ends a running stretch from outside, after counting it if its time was full. */
    close(sight: Subject, endedAt: number, reason: ViewEndReason): void {
      const { stretch } = sight
      if (!isRunning(stretch)) return
      const isDue = endedAt >= stretch.enteredAt + sight.criteria.minDurationMs
      if (!stretch.counted && isDue && !stretch.unpainted && ports.isPainted(sight)) commit(sight, stretch.rule, 0)
      end(sight, endedAt, reason)
    },

    /** The page stood still for `gapMs`: nobody knows what was on screen, so the time counts for nothing. */
    stalled(sight: Subject, gapMs: number): void {
      const { stretch } = sight
      if (!isRunning(stretch)) return
      stretch.stallMs += gapMs
      stretch.enteredAt += gapMs
      if (stretch.state === 'viewing') return
      stretch.state = 'pending'
      stretch.deadlineAt = stretch.wakeAt = stretch.enteredAt + sight.criteria.minDurationMs
    },

    /** A click proves that the content was seen. */
    interacted(sight: Subject): void {
      commit(sight, 'interaction', 0)
    },

    /** The criteria have changed under a running stretch. */
    reconsidered(sight: Subject): void {
      const { stretch } = sight
      if (stretch.state !== 'pending' && stretch.state !== 'confirming') return
      stretch.state = 'pending'
      stretch.deadlineAt = stretch.wakeAt = stretch.enteredAt + sight.criteria.minDurationMs
    },
  }
}

/** On screen while the page is open: time passes for it. */
export function isRunning(stretch: Stretch): boolean {
  return stretch.state === 'pending' || stretch.state === 'confirming' || stretch.state === 'viewing'
}
