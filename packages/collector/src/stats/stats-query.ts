// Reads the query string of a stats question: which days, whose events, sorted by what. Refuses with one sentence.
import { CONTENT_TYPE_PATTERN } from '@sightline/sdk/wire'
import { z } from 'zod'
import { dimensionNames, type Dimension } from '../day-tally'
import { Refusal } from '../errors'
import { createSiteClock, isTimezone, type SiteClock } from '../site-clock'
import { filterNames } from './filters'
import type { Audience, Filters, TopMetric } from './shapes'

/** Days of one answer at most: a leap year. */
export const MAX_DAYS = 366

/** Days of an answer when none are asked for, today included. */
export const DEFAULT_DAYS = 7

export interface DayRange {
  /** First day, inclusive, `YYYY-MM-DD`. */
  from: string
  /** Last day, inclusive. */
  to: string
  /** Every day from first to last. */
  days: string[]
  /** First instant of each of `days`, in milliseconds since 1970. */
  dayStartsMs: number[]
  /** First instant after the last day. */
  endMs: number
}

export interface StatsQuery {
  range: DayRange
  audience: Audience
  /** Clock of the zone whose days are asked for. */
  clock: SiteClock
  /** What events must match to be counted; nothing when all are. */
  filters: Filters
}

const audiences = ['all', 'authenticated', 'anonymous'] as const satisfies Audience[]
const topMetrics = [
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
] as const satisfies TopMetric[]

const invalid = (sentence: string) => new Refusal('invalid_query', sentence)

const got = (input: unknown) => (Array.isArray(input) ? 'more than one' : JSON.stringify(input))

const expected = (what: string) => ({ error: (issue: { input?: unknown }) => `${what}, got ${got(issue.input)}` })

const isDay = (text: string) => {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const day = () => {
  const words = expected('must be a day as YYYY-MM-DD')
  return z.string(words).refine(isDay, words).meta({ format: 'date' }).optional()
}

const wholeNumber = (most: number) => {
  const words = expected(`must be a whole number from 1 to ${most}`)
  const isInRange = (text: string) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= most
  // In an address it is text; the API description calls it the number that it is.
  const described = { type: 'integer', pattern: undefined, minimum: 1, maximum: most }
  return z.string(words).refine(isInRange, words).transform(Number).meta(described)
}

const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, expected(`must be one of ${values.join(', ')}`))

const eventType = () => {
  const words = expected('must be a type of event')
  return z.string(words).regex(/^[a-z][a-z0-9_]{0,63}$/, words)
}

const someText = (most: number, least = 1) => {
  const words = expected(`must be a text of ${least} to ${most} characters`)
  // NUL is in no stored text: the database refuses even to be asked for it.
  return z
    .string(words)
    .min(least, words)
    .max(most, words)
    .refine((text) => !text.includes('\0'), words)
}

const contentType = () => {
  const words = expected('must be a type of content')
  return z.string(words).regex(CONTENT_TYPE_PATTERN, words)
}

const limit = (most: number, fallback: number) => wholeNumber(most).default(fallback)

const rangeFields = {
  from: day(),
  to: day(),
  days: wholeNumber(MAX_DAYS).optional(),
  audience: oneOf(audiences).default('all'),
  timezone: z
    .string(expected('must be an IANA time zone'))
    .refine(isTimezone, expected('must be an IANA time zone'))
    .optional(),
  // Read where answers are kept.
  cache: oneOf(['0']).optional(),
}

const MAX_VALUE_LENGTH = 1_024
const MAX_CONTENT_ID_LENGTH = 2_048

const dimensionFields = Object.fromEntries(
  dimensionNames.map((name) => [name, someText(MAX_VALUE_LENGTH, 0).optional()]),
) as Record<Dimension, z.ZodOptional<z.ZodString>>

const filterFields = {
  ...dimensionFields,
  contentType: contentType().optional(),
  contentId: someText(MAX_CONTENT_ID_LENGTH).optional(),
}

const { audience: _everybody, timezone: _siteZone, ...siteRangeFields } = rangeFields

/** What each question may be asked with beside the range. */
export const questionSchemas = {
  stats: z.strictObject({ ...rangeFields, ...filterFields }),
  content: z.strictObject({ ...rangeFields, type: eventType().optional(), ...dimensionFields }),
  distributions: z.strictObject({ ...rangeFields, ...dimensionFields }),
  contentPositions: z.strictObject({ ...rangeFields, limit: limit(1_000, 200), ...dimensionFields }),
  breakdown: z.strictObject({ ...rangeFields, type: eventType().optional(), ...filterFields }),
  top: z.strictObject({
    ...rangeFields,
    by: oneOf(topMetrics).default('impressions'),
    limit: limit(100, 10),
    ...filterFields,
  }),
  durations: z.strictObject({ ...rangeFields, limit: limit(100, 10), ...filterFields }),
  engagement: z.strictObject({ ...siteRangeFields, limit: limit(1_000, 100) }),
  positions: z.strictObject({ ...siteRangeFields, source: someText(1_024).optional(), limit: limit(1_000, 200) }),
  retention: z.strictObject({ ...rangeFields, periods: limit(90, 14) }),
  compare: z.strictObject({
    ...rangeFields,
    key: someText(64).default('variant'),
    event: eventType().default('click'),
    per: eventType().default('impression'),
  }),
} as const

export const trendingSchema = z.strictObject({
  limit: limit(100, 10),
  type: contentType().optional(),
})

/** Days when none are asked for, where it is not {@link DEFAULT_DAYS}. */
const defaultDays: Partial<Record<keyof typeof questionSchemas, number>> = {
  engagement: 30,
  retention: 30,
  positions: 30,
}

type Question = keyof typeof questionSchemas
type Fields<Name extends Question> = Omit<
  z.output<(typeof questionSchemas)[Name]>,
  'from' | 'to' | 'days' | 'timezone' | 'cache' | (Name extends 'positions' ? never : keyof Filters)
>

function check<Output>(schema: z.ZodType<Output>, query: unknown, known: string[]): Output {
  const result = schema.safeParse(query)
  if (result.success) return result.data
  const sentences = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')} is not a parameter here; ${known.join(', ')} are`
      : `${issue.path.join('.')} ${issue.message}`,
  )
  throw invalid(`${sentences.join('; ')}.`)
}

interface AskedRange {
  from?: string | undefined
  to?: string | undefined
  days?: number | undefined
}

function readRange(asked: AskedRange, clock: SiteClock, nowMs: number, fallbackDays: number): DayRange {
  if (asked.days !== undefined && (asked.from ?? asked.to) !== undefined)
    throw invalid('days counts back from today and cannot be combined with from or to. Leave one of them out.')
  const to = asked.to ?? clock.day(nowMs)
  const from = asked.from ?? clock.addDays(to, 1 - (asked.days ?? fallbackDays))
  if (from > to) throw invalid(`from must not be after to, got from ${from} and to ${to}.`)
  const days = [from]
  for (let next = clock.addDays(from, 1); next <= to; next = clock.addDays(next, 1)) {
    if (days.push(next) > MAX_DAYS)
      throw invalid(`from and to must span at most ${MAX_DAYS} days, got ${from} to ${to}.`)
  }
  return {
    from,
    to,
    days,
    dayStartsMs: days.map((each) => clock.dayStart(each)),
    endMs: clock.dayStart(clock.addDays(to, 1)),
  }
}

const MAX_CLOCKS = 20
const clocks = new Map<string, SiteClock>()

function clockOf(timezone: string | undefined, site: SiteClock): SiteClock {
  if (timezone === undefined || timezone === site.timezone) return site
  let clock = clocks.get(timezone)
  if (clock === undefined) {
    if (clocks.size >= MAX_CLOCKS) clocks.clear()
    clocks.set(timezone, (clock = createSiteClock(timezone)))
  }
  return clock
}

// What is counted by the hour of one zone has no days of a zone that is half an hour away.
function assertWholeHours({ dayStartsMs, endMs }: DayRange, clock: SiteClock, site: SiteClock): void {
  if (clock === site || [...dayStartsMs, endMs].every((startMs) => site.hourStart(startMs) === startMs)) return
  throw invalid(
    `timezone ${clock.timezone} cannot be answered: events are counted by the hours of ${site.timezone}, and its days do not begin with one of them.`,
  )
}

/** Takes the filters out of the fields; `source` is a field of its own where nothing else is filtered. */
function takeFilters<Asked extends object>(fields: Asked, known: string[]): { filters: Filters; rest: Asked } {
  if (!known.includes('device')) return { filters: {}, rest: fields }
  const rest: Asked & Filters = { ...fields }
  const filters: Filters = {}
  for (const name of filterNames) {
    // Every filter is a text by the schema.
    if (rest[name] !== undefined) filters[name] = rest[name]
    delete rest[name]
  }
  const { contentType: type, contentId: id } = filters
  if ((type === undefined) !== (id === undefined)) {
    const [given, missing] = type === undefined ? ['contentId', 'contentType'] : ['contentType', 'contentId']
    throw invalid(`contentType and contentId name one content together, got ${given} without ${missing}.`)
  }
  return { filters, rest }
}

/**
 * Days default to the last {@link DEFAULT_DAYS}, today included; `days=30` means the last 30.
 * @param nowMs milliseconds since 1970
 * @throws Refusal with the code `invalid_query`
 */
export function readQuery<Name extends Question>(
  question: Name,
  query: unknown,
  site: SiteClock,
  nowMs: number,
): Fields<Name> & StatsQuery {
  const schema = questionSchemas[question]
  const known = Object.keys(schema.shape)
  const {
    from,
    to,
    days,
    cache: _read,
    ...fields
  } = check<AskedRange & { cache?: string | undefined }>(
    schema as unknown as z.ZodType<AskedRange & { cache?: string | undefined }>,
    query,
    known,
  ) as AskedRange & { cache?: string; timezone?: string; audience?: Audience }
  const { filters, rest: unfiltered } = takeFilters(fields, known)
  const { timezone, ...rest } = unfiltered
  const clock = clockOf(timezone, site)
  const range = readRange({ from, to, days }, clock, nowMs, defaultDays[question] ?? DEFAULT_DAYS)
  assertWholeHours(range, clock, site)
  // The schema of this question checked every field that is left.
  return { audience: 'all', ...rest, range, clock, filters } as unknown as Fields<Name> & StatsQuery
}

/** @throws Refusal with the code `invalid_query` */
export const readTrendingQuery = (query: unknown) => check(trendingSchema, query, Object.keys(trendingSchema.shape))
