// One content under observation: what it is, what is asked of it, which element shows it now.
import type { Dedupe, Subject } from '../subject'
import type { ContentRef } from '../wire'
import type { Sample } from './viewable'

export interface Criteria {
  /** Share of the area, from 0 to 1. */
  threshold: number
  /** Continuous time on screen, in milliseconds. */
  minDurationMs: number
}

export interface Registration {
  content: ContentRef
  /** Asks for the subject of now. Each registration has a reader of its own, which tells it from every other. */
  read: () => Subject
  criteria: Criteria
  dedupe: Dedupe
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

export interface Sight extends Registration {
  /** Identity of the content; never the element, which may be used for something else a moment later. */
  readonly key: string
  /** Weak, so that an element that was dropped without a word can be collected. */
  element: WeakRef<Element>
  /** When its latest registration was stopped, in milliseconds; it may be taken over until the end of that task. */
  leftAt?: number | undefined
  /** Time on screen that the total does not hold yet, in milliseconds. */
  unaddedMs: number
  /** The latest measurement. */
  sample?: Sample
  /** Nothing while not enough of it is on screen, or the page is not open. */
  stretch?: Stretch | undefined
}
