// Reads the query string of a stats question: which days, whose events, sorted by what. Refuses with one sentence.
import { z } from 'zod'
import { Refusal } from '../errors'
import type { SiteClock } from '../site-clock'
import type { Audience, TopMetric } from './shapes'

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
}

export interface TopQuery extends StatsQuery {
  by: TopMetric
  /** Rows at most, 1 to 100. */
  limit: number
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
  return z.string(words).refine(isDay, words).optional()
}

const wholeNumber = (most: number) => {
  const words = expected(`must be a whole number from 1 to ${most}`)
  const isInRange = (text: string) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= most
  return z.string(words).refine(isInRange, words).transform(Number)
}

const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, expected(`must be one of ${values.join(', ')}`))

const rangeFields = {
  from: day(),
  to: day(),
  days: wholeNumber(MAX_DAYS).optional(),
  audience: oneOf(audiences).default('all'),
}

const statsSchema = z.strictObject(rangeFields)
const topSchema = z.strictObject({
  ...rangeFields,
  by: oneOf(topMetrics).default('impressions'),
  limit: wholeNumber(100).default(10),
})

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

function readRange(
  asked: { from?: string | undefined; to?: string | undefined; days?: number | undefined },
  clock: SiteClock,
  nowMs: number,
): DayRange {
  if (asked.days !== undefined && (asked.from ?? asked.to) !== undefined)
    throw invalid('days counts back from today and cannot be combined with from or to. Leave one of them out.')
  const to = asked.to ?? clock.day(nowMs)
  const from = asked.from ?? clock.addDays(to, 1 - (asked.days ?? DEFAULT_DAYS))
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

/**
 * Days default to the last {@link DEFAULT_DAYS}, today included; `days=30` means the last 30.
 * @throws Refusal with the code `invalid_query`
 */
export function readStatsQuery(query: unknown, clock: SiteClock, nowMs: number): StatsQuery {
  const { audience, ...asked } = check(statsSchema, query, Object.keys(statsSchema.shape))
  return { audience, range: readRange(asked, clock, nowMs) }
}

/**
 * As {@link readStatsQuery}, and how to sort.
 * @throws Refusal with the code `invalid_query`
 */
export function readTopQuery(query: unknown, clock: SiteClock, nowMs: number): TopQuery {
  const { audience, by, limit, ...asked } = check(topSchema, query, Object.keys(topSchema.shape))
  return { audience, by, limit, range: readRange(asked, clock, nowMs) }
}
