// What the reader chose to see: read from the URL's query, written back to it, so that a link shows the same page.
import type { Audience, FilterName, Filters, Provenance, TopMetric } from '@sightline/collector/stats'
import type { ContentRef } from '@sightline/sdk/wire'

export type PageName = 'overview' | 'content' | 'feed' | 'viewers' | 'live' | 'trust'

export interface DayRange {
  /** First day, inclusive, `YYYY-MM-DD`. */
  from: string
  /** Last day, inclusive. */
  to: string
}

/** Days up to and including today in the site's time zone, or two days and all between them. */
export type Period = { days: number } | DayRange

/** Of an answer. */
export type SiteTime = Pick<Provenance, 'freshAsOf' | 'timezone'>

export interface Selection {
  page: PageName
  period: Period
  audience: Audience
  /** What is counted. `clickThroughRate` and the like only sort content. */
  by: TopMetric
  /** The one content that is looked at. */
  content: ContentRef | null
  /** The one list whose positions are looked at, on the feed page and on a content's. */
  source: string | null
  /** Key of metadata that variants are told apart by. */
  key: string
  /** Whether the period before is shown too. */
  compares: boolean
  /** What the overview counts, when not everything; other pages have none. */
  filters: Filters
}

export interface Choice<Value> {
  value: Value
  label: string
}

export const pages: Choice<PageName>[] = [
  { value: 'overview', label: 'Overview' },
  { value: 'content', label: 'Content' },
  { value: 'feed', label: 'Feed' },
  { value: 'viewers', label: 'Viewers' },
  { value: 'live', label: 'Live' },
  { value: 'trust', label: 'Trust' },
]

/** `key` chooses it from the keyboard. */
export const periods: (Choice<number> & { key: string })[] = [
  { value: 1, label: 'Today', key: 'd' },
  { value: 7, label: '7 days', key: 'w' },
  { value: 30, label: '30 days', key: 'm' },
  { value: 90, label: '90 days', key: 'q' },
]

export const audiences: Choice<Audience>[] = [
  { value: 'all', label: 'Everyone' },
  { value: 'authenticated', label: 'Signed in' },
  { value: 'anonymous', label: 'Anonymous' },
]

const sortable: TopMetric[] = [
  'impressions',
  'views',
  'watches',
  'clicks',
  'likes',
  'shares',
  'pageViews',
  'engagement',
  'viewers',
  'clickThroughRate',
  'averageViewDurationMs',
]

export const defaults: Selection = {
  page: 'overview',
  period: { days: 7 },
  audience: 'all',
  by: 'impressions',
  content: null,
  source: null,
  key: 'variant',
  compares: true,
  filters: {},
}

/** Values of these may be empty: what told none. */
const filterNames: FilterName[] = ['source', 'viewType', 'channel', 'referrer', 'country', 'device']

const DAY = /^\d{4}-\d{2}-\d{2}$/
const DAY_MS = 86_400_000

const oneOf = <Value extends string | number>(values: Value[], text: string | null, otherwise: Value): Value =>
  values.find((value) => String(value) === text) ?? otherwise

const valuesOf = <Value>(choices: Choice<Value>[]) => choices.map(({ value }) => value)

const isDay = (text: string | null): text is string =>
  text !== null && DAY.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true

function readPeriod(parameters: URLSearchParams): Period {
  const [from, to] = [parameters.get('from'), parameters.get('to')]
  if (isDay(from) && isDay(to) && from <= to) return { from, to }
  return { days: oneOf(valuesOf(periods), parameters.get('days'), 7) }
}

function readContent(parameters: URLSearchParams): ContentRef | null {
  const [type, id] = [parameters.get('type'), parameters.get('id')]
  return type === null || id === null || type === '' || id === '' ? null : { type, id }
}

/** By the names that the API has for them. */
function readFilters(parameters: URLSearchParams): Filters {
  const filters: Filters = {}
  const [contentType, contentId] = [parameters.get('contentType'), parameters.get('contentId')]
  if (contentType && contentId) Object.assign(filters, { contentType, contentId })
  for (const name of filterNames) {
    const value = parameters.get(name)
    if (value !== null) filters[name] = value
  }
  return filters
}

/** The filters with these added, or without them when all of them are there already. */
export function toggleFilters(filters: Filters, toggled: Filters): Filters {
  const names = Object.keys(toggled) as FilterName[]
  if (!names.every((name) => filters[name] === toggled[name])) return { ...filters, ...toggled }
  const left = { ...filters }
  for (const name of names) delete left[name]
  return left
}

const isSame = (one: ContentRef | null, other: ContentRef | null) => one?.type === other?.type && one?.id === other?.id

/** Whether positions are shown, of one list at a time. */
const hasLists = ({ page, content }: Pick<Selection, 'page' | 'content'>) =>
  page === 'feed' || (page === 'content' && content !== null)

/** The selection with parts of it changed. */
export function changeSelection(selection: Selection, change: Partial<Selection>): Selection {
  const next = { ...selection, ...change }
  const isOther = next.page !== selection.page || !isSame(next.content, selection.content)
  // Another content may never have been in that list.
  if (isOther && next.page === 'content' && change.source === undefined) next.source = null
  return next.page === 'overview' ? next : { ...next, filters: {} }
}

/** Reads `?page=feed&days=30&audience=anonymous`. Anything missing or unknown becomes the default. */
export function readSelection(query: string): Selection {
  const parameters = new URLSearchParams(query)
  const page = oneOf(valuesOf(pages), parameters.get('page'), defaults.page)
  const content = readContent(parameters)
  return {
    page,
    period: readPeriod(parameters),
    audience: oneOf(valuesOf(audiences), parameters.get('audience'), defaults.audience),
    by: oneOf(sortable, parameters.get('by'), defaults.by),
    content,
    source: hasLists({ page, content }) ? parameters.get('source') : null,
    key: parameters.get('key') || defaults.key,
    compares: parameters.get('compare') !== 'off',
    filters: page === 'overview' ? readFilters(parameters) : {},
  }
}

/** The query that {@link readSelection} reads back; empty where everything is the default. */
export function writeSelection(selection: Selection): string {
  const { page, period, audience, by, content, source, key, compares, filters } = selection
  const parameters = new URLSearchParams()
  const set = (name: string, value: string, otherwise: string) => {
    if (value !== otherwise) parameters.set(name, value)
  }
  set('page', page, defaults.page)
  if ('days' in period) set('days', String(period.days), '7')
  else {
    parameters.set('from', period.from)
    parameters.set('to', period.to)
  }
  set('audience', audience, defaults.audience)
  set('by', by, defaults.by)
  if (content !== null && page === 'content') {
    parameters.set('type', content.type)
    parameters.set('id', content.id)
  }
  if (source !== null && hasLists(selection)) parameters.set('source', source)
  set('key', key, defaults.key)
  if (!compares) parameters.set('compare', 'off')
  if (page === 'overview') for (const [name, value] of Object.entries(filters)) parameters.set(name, value)
  const query = parameters.toString()
  return query === '' ? '' : `?${query}`
}

const asTime = (day: string) => Date.parse(`${day}T00:00:00Z`)

/** A day so many days later, or earlier. Calendar days have no zone. */
export const addDays = (day: string, days: number) =>
  new Date(asTime(day) + days * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length)

export const daysIn = ({ from, to }: DayRange) => Math.round((asTime(to) - asTime(from)) / DAY_MS) + 1

/** The day that it is at the site. */
export const todayAt = ({ freshAsOf, timezone }: SiteTime) =>
  new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(Date.parse(freshAsOf))

/** So many days up to and including `to`. */
export const lastDays = (days: number, to: string): DayRange => ({ from: addDays(to, 1 - days), to })

/** First and last day of a period. */
export const daysOf = (period: Period, site: SiteTime): DayRange =>
  'days' in period ? lastDays(period.days, todayAt(site)) : period

/** As many days as the range has, right before it; a negative `steps` goes back. */
export function shiftRange({ from, to }: DayRange, steps: number): DayRange {
  const days = steps * daysIn({ from, to })
  return { from: addDays(from, days), to: addDays(to, days) }
}
