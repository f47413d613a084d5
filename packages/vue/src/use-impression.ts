// What a component shows, observed from the element it renders: in passing, or opened on purpose.
import type { ObserveOptions, Subject } from '@sightline/sdk'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { useTracker } from './plugin'
import { type Target, useObservation } from './use-observation'

/**
 * Observes `target`, a template ref of an element or of a component with one root element. Causes no re-render.
 *
 * `subject` is not read before there is an element. `source`, `position`, `viewType` and `metadata` may change at any
 * time: they are read when an event is made. Another `content` or other `options` start a new observation.
 *
 * @throws Error when the plugin is not installed.
 */
export function useImpression(
  target: MaybeRefOrGetter<Target>,
  subject: MaybeRefOrGetter<Subject>,
  options?: MaybeRefOrGetter<ObserveOptions | undefined>,
): void {
  useObservation(useTracker().observe, target, subject, options)
}

/**
 * For the page of one content: whoever opened it means to see it, so it counts from the first moment and with any part
 * on screen, and its `viewType` is `intentional`; both can be overridden. Otherwise as {@link useImpression}.
 *
 * @throws Error when the plugin is not installed.
 */
export function useView(
  target: MaybeRefOrGetter<Target>,
  subject: MaybeRefOrGetter<Subject>,
  options?: MaybeRefOrGetter<ObserveOptions | undefined>,
): void {
  const opened = () => {
    const { viewType = 'intentional', ...rest } = toValue(subject)
    return { ...rest, viewType }
  }
  useImpression(target, opened, () => ({ threshold: 0, minDurationMs: 0, ...toValue(options) }))
}
