// From a template ref to an observed element, for as long as the component lives.
import type { Subject } from '@sightline/sdk'
import { type ComponentPublicInstance, type MaybeRefOrGetter, onScopeDispose, toValue, watch } from 'vue'
import { createObservation } from './observation'

/** An element, a component with one root element, or nothing yet. */
export type Target = Element | ComponentPublicInstance | null | undefined

export function useObservation<Options>(
  start: (element: Element, read: () => Subject, options?: Options) => () => void,
  target: MaybeRefOrGetter<Target>,
  subject: MaybeRefOrGetter<Subject>,
  options: MaybeRefOrGetter<Options | undefined>,
): void {
  const observation = createObservation(start)

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
