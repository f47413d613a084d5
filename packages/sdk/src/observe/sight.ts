// One content under observation: what it is, what is asked of it, which element shows it now.
import type { Dedupe, Subject } from '../subject'
import type { ContentRef } from '../wire'
import type { LargeArea, Sample } from './viewable'

/** By which an impression is counted. They are told with it. */
export interface Criteria {
  /** Share of the area, from 0 to 1. */
  threshold: number
  /** Time on screen, in milliseconds; without a break unless `accumulate`. */
  minDurationMs: number
  accumulate?: true | undefined
  largeArea?: LargeArea | undefined
}

/** How an observation counts. Many share one. */
export interface Wishes {
  criteria: Criteria
  /** From this length on a stretch of something unseen is told, in milliseconds. */
  minViewMs: number
  dedupe: Dedupe
}

/** What the caller says about a content. Not a function of ours, which would keep alive what is known where it was made. */
export interface Asked {
  subject: Subject | (() => Subject)
  /** What the function said last. */
  last: Subject
}

/** One call of `observe()`. */
export interface Registration extends Asked {
  content: ContentRef
  /** Identity, where it is not that of the content. */
  key?: string
  wishes: Wishes
}

/** One stretch of time on screen while the page is open. All times in milliseconds on the clock of the samples. */
export interface Stretch {
  /**
   * - `pending` the deadline runs
   * - `doubting` the deadline ran late; a first fresh sample was asked for
   * - `confirming` deadline passed; a fresh sample decides
   * - `unpainted` deadline passed, but the browser paints nothing of it
   * - `viewing` its impression exists: counted now or before
   */
  state: 'pending' | 'doubting' | 'confirming' | 'unpainted' | 'viewing'
  /** Start of the time that counts; a stall moves it. */
  enteredAt: number
  /** When the machine wants to be called next; `Infinity` when it waits for a sample. */
  wakeAt: number
  stallMs: number
  depth: number
}

export interface Sight {
  /** Identity of the content; never the element, which may be used for something else a moment later. */
  readonly key: string
  /** All that show the same content, itself among them. */
  same: Sight[]
  /** Its latest registration. */
  asked: Registration
  /** Weak, so that an element that was dropped without a word can be collected. */
  element: WeakRef<Element>
  /** Number of the task in which it came to this element. */
  cameIn: number
  /** When its latest registration was stopped, in milliseconds; it may be taken over until the end of that task. */
  leftAt: number | undefined
  /** Time on screen that the total does not hold yet, in milliseconds. */
  unaddedMs: number
  /** The largest share that was on screen since it came, from 0 to 1. */
  peak: number
  /** The latest measurement. */
  sample: Sample | undefined
  /** Nothing while not enough of it is on screen, the page is not open, or another element shows the same content. */
  stretch: Stretch | undefined
}
