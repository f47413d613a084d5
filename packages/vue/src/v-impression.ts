// The directive for lists: `<li v-impression="{ content, position }">`.
import type { ObserveOptions, Subject, Tracker } from '@sightline/sdk'
import type { ObjectDirective } from 'vue'
import { createObservation, type Observation } from './observation'

/** What `v-impression` is given: a subject and, if they differ from the tracker's, the criteria of this element. */
export type ImpressionBinding = Subject & { options?: ObserveOptions | undefined }

export type ImpressionDirective = ObjectDirective<Element, ImpressionBinding>

declare module 'vue' {
  interface GlobalDirectives {
    vImpression: ImpressionDirective
  }
}

/** The same promise as `useImpression`: one observation for each element and content, started anew by another content. */
export function createImpressionDirective(tracker: Tracker): ImpressionDirective {
  const observations = new WeakMap<Element, Observation<Element, ObserveOptions>>()

  function update(element: Element, { options, ...subject }: ImpressionBinding): void {
    const observation = observations.get(element) ?? createObservation(tracker.observe)
    observations.set(element, observation)
    observation.update(element, subject, options)
  }

  return {
    mounted: (element, { value }) => update(element, value),
    updated: (element, { value }) => update(element, value),
    unmounted: (element) => observations.get(element)?.stop(),
    getSSRProps: () => undefined,
  }
}
