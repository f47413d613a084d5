// From a template ref of a `<video>` or `<audio>` to watch time.
import type { MediaOptions, Subject } from '@sightline/sdk'
import type { ComponentPublicInstance, MaybeRefOrGetter } from 'vue'
import { useTracker } from './plugin'
import { useObservation } from './use-observation'

/** Wishes of one watch. */
export type UseMediaOptions = Pick<MediaOptions, 'threshold'> & {
  /** Finds what has to be on screen, for media without a box of its own: `(audio) => audio.closest('figure')`. @default the media */
  element?: ((media: HTMLMediaElement) => Element | null) | undefined
}

/**
 * Records one `watch` each time somebody stops watching the media in `target`, a template ref of it or of a component
 * whose root it is. What counts for `useImpression` counts here too. Makes no impression: observe the media or what is
 * around it for that.
 *
 * @throws Error when the plugin is not installed.
 */
export function useMedia(
  target: MaybeRefOrGetter<HTMLMediaElement | ComponentPublicInstance | null | undefined>,
  subject: MaybeRefOrGetter<Subject>,
  options?: MaybeRefOrGetter<UseMediaOptions | undefined>,
): void {
  const { observeMedia } = useTracker()

  useObservation<UseMediaOptions>(
    (element, read, { threshold, element: find } = {}) => {
      const media = element as HTMLMediaElement
      return observeMedia(media, read, { threshold, element: find?.(media) ?? undefined })
    },
    target,
    subject,
    options,
  )
}
