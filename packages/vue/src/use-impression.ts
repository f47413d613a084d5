// From a template ref to an observed element, for as long as the component lives.
import type { ObserveOptions, Subject } from '@sightline/sdk'
import { type ComponentPublicInstance, type MaybeRefOrGetter, onScopeDispose, toValue, watch } from 'vue'
import { createObservation } from './observation'
import { useTracker } from './plugin'

type Target = Element | ComponentPublicInstance | null | undefined

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
  const observation = createObservation(useTracker())

  watch(
    () => {
      const element = elementOf(toValue(target))
      return element && { element, subject: copyOf(toValue(subject)), options: toValue(options) }
    },
    (latest) => (latest ? observation.update(latest.element, latest.subject, latest.options) : observation.stop()),
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(observation.stop)
}

function elementOf(target: Target): Element | undefined {
  const node: Node | null | undefined = target && '$el' in target ? target.$el : target
  // A component with several root elements is a text node here; there is no `Element` to compare with on a server.
  return node?.nodeType === 1 ? (node as Element) : undefined
}

// A copy, since a reactive object changes in place, also under an observation that is about to end.
function copyOf(subject: Subject): Subject {
  return { ...subject, content: { ...subject.content } }
}
