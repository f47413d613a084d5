// From one entry of the browser to a verdict: is enough of this element on screen, and how deep was it seen?
import type { SeenRule } from '../wire'

/** Browsers report .99996 for an element that is fully visible at a fraction of a pixel. */
const RATIO_EPSILON = 0.001

/** The same slack for lengths, in pixels. */
const LENGTH_SLACK_PX = 0.5

/** A smaller share is enough of an element of so many pixels. */
export interface LargeArea {
  areaPx: number
  threshold: number
}

/** What the Media Rating Council allows for large ads, where it is told: 242,500 pixels are 970 × 250. */
export const MRC_LARGE_AREA: LargeArea = { areaPx: 242_500, threshold: 0.3 }

export interface Sample {
  /** When the browser measured, in milliseconds on the clock of `performance.now()`. */
  time: number
  /** Share of the element's area that is on screen, from 0 to 1. */
  ratio: number
  /** Deepest part of the element that is on screen, in percent from 0 to 100. */
  depth: number
  /** The rule by which enough of it is on screen; nothing when it is not. */
  rule: Exclude<SeenRule, 'interaction'> | undefined
  /** Larger than the viewport in one axis: the browser is silent while both of its edges are outside. */
  oversize: boolean
  /** On screen as a point or a line, and nothing to see of it. */
  empty: boolean
}

/**
 * `isIntersecting` alone depends on the list of thresholds and decides nothing but "not at all". Of the rectangles only what
 * can change the verdict is read: each is made by the browser when it is asked for.
 *
 * @param before what was measured last in the same stretch of time
 */
export function measure(
  entry: IntersectionObserverEntry,
  { threshold, largeArea: large }: { threshold: number; largeArea?: LargeArea | undefined },
  before?: Sample,
): Sample {
  const { time, isIntersecting, intersectionRatio: ratio } = entry
  const sample: Sample = { time, ratio: 0, depth: 0, rule: undefined, oversize: false, empty: false }
  if (!isIntersecting) return sample
  const isEnough = ratio + RATIO_EPSILON >= threshold

  // There is nothing more to learn once the end was on screen.
  if (isEnough && before?.rule && before.depth > 99.9 && !before.oversize) return { ...before, time, ratio }

  const box = entry.boundingClientRect
  const { width, height } = box
  // The browser tells the viewport, but not in a frame of another origin, and none for an element that was removed.
  const root = entry.rootBounds ?? sizeAround(entry.target)
  sample.empty = Math.min(width, height) < 1
  if (sample.empty || Math.min(root.width, root.height) < 1) return sample

  const isLarge = large && width * height >= large.areaPx && ratio + RATIO_EPSILON >= large.threshold
  sample.ratio = ratio
  sample.oversize = width > root.width || height > root.height
  if (isEnough || isLarge) sample.rule = 'area'
  else if (!sample.oversize) return sample

  const seen = entry.intersectionRect
  const covers = (side: 'width' | 'height') =>
    seen[side] + LENGTH_SLACK_PX >= threshold * Math.min(box[side], root[side])
  if (!sample.rule && covers('width') && covers('height')) sample.rule = 'oversize'
  sample.depth = (100 * (seen.bottom - box.top)) / height
  return sample
}

/** Size of the window around an element, in pixels, where the browser hides it. */
function sizeAround(element: Element): { width: number; height: number } {
  const view = element.ownerDocument.defaultView!
  return { width: view.innerWidth, height: Math.min(view.innerHeight, view.screen.height) }
}
