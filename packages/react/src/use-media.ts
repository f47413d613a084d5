// From a rendered `<video>` or `<audio>` to watch time.
import type { MediaOptions, Subject } from '@sightline/sdk'
import { type Start, useObservation } from './use-observation'

/** Wishes of one watch. */
export type UseMediaOptions = Pick<MediaOptions, 'threshold'> & {
  /** Finds what has to be on screen, for media without a box of its own: `(audio) => audio.closest('figure')`. @default the media */
  element?: ((media: HTMLMediaElement) => Element | null) | undefined
}

const observeMedia: Start<HTMLMediaElement, UseMediaOptions> = (tracker, media, read, options) =>
  tracker.observeMedia(media, read, { threshold: options?.threshold, element: options?.element?.(media) ?? undefined })

/**
 * Returns a ref callback for a media element: one `watch` is recorded each time somebody stops watching. What counts
 * for `useImpression` counts here too. Makes no impression: give that ref to the media or to what is around it.
 *
 * @throws Error when no `<TrackerProvider>` is above the caller.
 */
export function useMedia(subject: Subject, options?: UseMediaOptions): (media: HTMLMediaElement | null) => void {
  return useObservation(observeMedia, subject, options)
}
