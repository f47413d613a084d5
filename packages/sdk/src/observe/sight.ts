// One content under observation: what it is, what is asked of it, which element shows it now.
import { contentKey, type Dedupe, type Subject } from '../subject'
import type { ContentRef } from '../wire'
import { type Criteria, idleStretch, type Stretch } from './seen'

export interface Registration {
  content: ContentRef
  read: () => Subject
  criteria: Criteria
  dedupe: Dedupe
}

export interface Sight extends Registration {
  /** Identity of the content; never the element, which may be used for something else a moment later. */
  readonly key: string
  stretch: Stretch
  /** Weak, so that an element that was dropped without a word can be collected. */
  element: WeakRef<Element>
  /** The same element, held while it is on screen or waits for the page to come back. */
  held: Element | undefined
  /** Number of its latest registration, the only one that may stop it. */
  registration: number
  /** When its latest registration was stopped, in milliseconds; it may be taken over until the end of that task. */
  leftAt: number | undefined
  /** Time on screen that the total does not hold yet, in milliseconds. */
  unaddedMs: number
}

export function createSight(registration: Registration, element: Element): Sight {
  return {
    ...registration,
    key: contentKey(registration.content),
    stretch: idleStretch(),
    element: new WeakRef(element),
    held: undefined,
    registration: 0,
    leftAt: undefined,
    unaddedMs: 0,
  }
}

export function elementOf(sight: Sight): Element | undefined {
  return sight.held ?? sight.element.deref()
}
