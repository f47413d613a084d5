// What the reader chose to see: read from the URL's query, written back to it, so that a link shows the same page.
import type { Audience, TopMetric } from '@sightline/collector/stats'

/** Whole days up to and including today, in the site's time zone. */
export type PeriodDays = 1 | 7 | 30

export interface Selection {
  days: PeriodDays
  audience: Audience
  by: TopMetric
}

export interface Choice<Value> {
  value: Value
  label: string
}

export const periods: Choice<PeriodDays>[] = [
  { value: 1, label: 'Today' },
  { value: 7, label: '7 days' },
  { value: 30, label: '30 days' },
]

export const audiences: Choice<Audience>[] = [
  { value: 'all', label: 'Everyone' },
  { value: 'authenticated', label: 'Signed in' },
  { value: 'anonymous', label: 'Anonymous' },
]

export const topMetrics: Choice<TopMetric>[] = [
  { value: 'impressions', label: 'Impressions' },
  { value: 'views', label: 'Views' },
  { value: 'clicks', label: 'Clicks' },
  { value: 'likes', label: 'Likes' },
  { value: 'shares', label: 'Shares' },
  { value: 'watches', label: 'Watches' },
  { value: 'pageViews', label: 'Page views' },
]

const defaults: Selection = { days: 7, audience: 'all', by: 'impressions' }

const oneOf = <Value extends string | number>(choices: Choice<Value>[], text: string | null, otherwise: Value): Value =>
  choices.find((choice) => String(choice.value) === text)?.value ?? otherwise

/** Reads `?days=30&audience=anonymous&by=clicks`. Anything missing or unknown becomes the default. */
export function readSelection(query: string): Selection {
  const parameters = new URLSearchParams(query)
  return {
    days: oneOf(periods, parameters.get('days'), defaults.days),
    audience: oneOf(audiences, parameters.get('audience'), defaults.audience),
    by: oneOf(topMetrics, parameters.get('by'), defaults.by),
  }
}

/** The query that {@link readSelection} reads back; empty where everything is the default. */
export function writeSelection(selection: Selection): string {
  const parameters = new URLSearchParams()
  if (selection.days !== defaults.days) parameters.set('days', String(selection.days))
  if (selection.audience !== defaults.audience) parameters.set('audience', selection.audience)
  if (selection.by !== defaults.by) parameters.set('by', selection.by)
  const query = parameters.toString()
  return query === '' ? '' : `?${query}`
}
