// From one entry of the browser to a verdict: is enough of this element on screen, and how deep was it seen?
import type { SeenRule } from '../wire'

/** Browsers report .99996 for an element that is fully visible at a fraction of a pixel. */
const RATIO_EPSILON = 0.001

/** The same slack for lengths, in pixels. */
const LENGTH_SLACK_PX = 0.5

export interface Sample {
  /** When the browser measured, in milliseconds on the clock of `performance.now()`. */
  time: number
  /** Share of the element's area that is on screen, from 0 to 1. */
  ratio: number
  /** The rule by which enough of it is on screen; nothing when it is not. */
  rule: Exclude<SeenRule, 'interaction'> | undefined
  /** Larger than the viewport in one axis: the browser is silent while both of its edges are outside. */
  oversize: boolean
  /** Deepest part of the element that is on screen, in percent from 0 to 100. */
  depth: number
}

/**
 * `isIntersecting` alone depends on the list of thresholds and decides nothing but "not at all".
 * `viewport` is asked where the browser hides the root's size: in a frame of another origin.
 */
export function measure(
  entry: IntersectionObserverEntry,
  threshold: number,
  viewport: () => { width: number; height: number },
): Sample {
  const sample: Sample = { time: entry.time, ratio: 0, rule: undefined, oversize: false, depth: 0 }
  // Rectangles are read only from here on: for elements off screen that is the expensive part.
  if (!entry.isIntersecting) return sample

  const box = entry.boundingClientRect
  if (box.width < 1 || box.height < 1) return sample
  const root = entry.rootBounds ?? viewport()
  if (root.width <= 0 || root.height <= 0) return sample

  const seen = entry.intersectionRect
  sample.ratio = entry.intersectionRatio
  sample.oversize = box.width > root.width || box.height > root.height
  sample.depth = Math.min(100, Math.max(0, (100 * (seen.bottom - box.top)) / box.height))

  const covers = (visible: number, length: number, available: number) =>
    visible + LENGTH_SLACK_PX >= threshold * Math.min(length, available)

  if (sample.ratio + RATIO_EPSILON >= threshold) sample.rule = 'area'
  else if (
    sample.oversize &&
    covers(seen.width, box.width, root.width) &&
    covers(seen.height, box.height, root.height)
  ) {
    sample.rule = 'oversize'
  }
  return sample
}
