// What the overview is filtered by: chips that take their filter away, and what to say where filters leave nothing.
import type { BreakdownDimension, Filters } from '@sightline/collector/stats'
import { useRef } from 'preact/hooks'
import { dimensionNotes } from './breakdown-panel'
import { toggleFilters } from './selection'
import { useNavigation } from './use-selection'

export interface Chip {
  /** `Country: Germany` */
  text: string
  filters: Filters
}

/** One for each filter; a content is one filter, though the API has two names for it. */
export function filterChips({ contentType, contentId, ...values }: Filters): Chip[] {
  const chips = (Object.entries(values) as [BreakdownDimension, string][]).map(([dimension, value]): Chip => {
    const { one, none, nameOf = (text: string) => text } = dimensionNotes[dimension]
    return { text: `${one}: ${value === '' ? none : nameOf(value)}`, filters: { [dimension]: value } }
  })
  if (contentType === undefined || contentId === undefined) return chips
  const text = contentType === 'page' ? `Page: ${contentId}` : `Content: ${contentType} ${contentId}`
  return [{ text, filters: { contentType, contentId } }, ...chips]
}

export function FilterChips({ chips }: { chips: Chip[] }) {
  const { selection, go } = useNavigation()
  const place = useRef<HTMLElement>(null)
  const keep = (filters: Filters) => {
    go({ filters })
    // The button that was pressed goes away; the keyboard stays where it was.
    place.current?.focus()
  }
  return (
    <section class="chips" ref={place} tabIndex={-1} {...(chips.length > 0 && { 'aria-label': 'Filters' })}>
      <p class="unseen" role="status">
        {chips.length > 0 && `Filtered by ${chips.map(({ text }) => text).join(', ')}`}
      </p>
      {chips.map(({ text, filters }) => (
        <button key={text} class="chip" type="button" onClick={() => keep(toggleFilters(selection.filters, filters))}>
          <span class="unseen">Remove the filter </span>
          <span class="chip-text">{text}</span>
          <span aria-hidden="true">×</span>
        </button>
      ))}
      {chips.length > 1 && (
        <button class="quiet-button" type="button" onClick={() => keep({})}>
          Clear filters
        </button>
      )}
    </section>
  )
}

export function NoMatchNotice() {
  const { go } = useNavigation()
  return (
    <div class="panel notice">
      <div>
        <h2>No event of this period matches every filter</h2>
        <p>Take a filter away, or choose another period or audience.</p>
      </div>
      <button class="primary" type="button" onClick={() => go({ filters: {} })}>
        Without filters
      </button>
    </div>
  )
}
