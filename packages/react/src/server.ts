// For server components: an element says by attributes what it shows, and nothing of this package runs in the browser.
import type { Subject } from '@sightline/sdk'

/** Attributes that the script tag reads. */
export interface Mark {
  'data-sightline': string
  'data-sightline-source'?: string | undefined
  'data-sightline-position'?: number | undefined
}

/**
 * Marks an element for the script tag, which observes it: `<article {...mark({ content, source, position })}>`. Metadata and
 * functions cannot be said by attributes; use `<Impression>` for those.
 */
export function mark({ content, source, position }: Pick<Subject, 'content' | 'source' | 'position'>): Mark {
  return {
    'data-sightline': `${content.type}:${content.id}`,
    'data-sightline-source': source,
    'data-sightline-position': position,
  }
}
