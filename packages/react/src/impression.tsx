// An element that is observed as long as it is mounted, for those who prefer a component to a hook.
import type { ObserveOptions, Subject } from '@sightline/sdk'
import { type ComponentPropsWithoutRef, createElement, type ElementType, type ReactElement } from 'react'
import { useImpression } from './use-impression'

type OwnProps<As> = Subject & {
  /** Tag, or component that passes its `ref` on to an element. @default 'div' */
  as?: As | undefined
  /** Criteria of this element only. */
  options?: ObserveOptions | undefined
}

/** Everything that is not about the impression goes to the element. */
export type ImpressionProps<As extends ElementType = 'div'> = OwnProps<As> &
  Omit<ComponentPropsWithoutRef<As>, keyof OwnProps<As>>

/**
 * `<Impression content={{ type: 'post', id: '42' }} source="feed" position={3} as="article">…</Impression>`.
 * The same promise as {@link useImpression}. For a ref of your own, use the hook.
 *
 * @throws Error when no `<TrackerProvider>` is above it.
 */
export function Impression<As extends ElementType = 'div'>(props: ImpressionProps<As>): ReactElement {
  const { content, source, position, viewType, metadata, as, options, ...rest } = props as ImpressionProps
  const ref = useImpression({ content, source, position, viewType, metadata }, options)
  return createElement(as ?? 'div', { ...rest, ref })
}
