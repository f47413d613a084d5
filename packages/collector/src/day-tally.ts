// What single events add up to, as SQL: the same words count a day that is closed and a day that is still open.
import { sql, type RawBuilder } from 'kysely'
import { channelCodes, deviceCodes, typeCodes } from './database/codes'
import { REST_BITS } from './sketch'

/** Type of all types together. No event can have it. */
export const EVERY_TYPE = '*'
/** Values of one dimension that a closed day keeps by name; the others are added up. */
export const TOP_VALUES = 50

/** Bits of `flags` that counting needs, as `ingest/flags.ts` writes them. */
export const countedFlags = { completed: 64, repeat: 4_096 } as const

/** From the first instant up to, not including, the last; milliseconds since 1970. */
export interface Span {
  fromMs: number
  toMs: number
}

/** What is a skipped and what is a complete watch. */
export interface WatchRules {
  /** Shorter is a skip. */
  watchSkipMs: number
  /** Percent of the media's length; less is a skip. */
  watchSkipPercent: number
  /** Percent of the media's length; so much is complete. */
  watchCompletePercent: number
}

/** Ways to break numbers down, by their names in answers, with their columns. */
export const dimensions = {
  country: 'country',
  device: 'device',
  source: 'source',
  viewType: 'view_type',
  channel: 'channel',
  referrer: 'referrer_domain',
} as const
export type Dimension = keyof typeof dimensions
export const dimensionNames = Object.keys(dimensions) as Dimension[]

const wordsOf = (column: string, codes: Readonly<Record<string, number>>) =>
  sql.raw(
    `case ${column} ${Object.entries(codes)
      .map(([word, code]) => `when ${code} then '${word}'`)
      .join(' ')} end`,
  )
const { custom, ...builtInTypes } = typeCodes

/** Name of an event's type. */
export const typeWord = sql<string>`case e.type when ${sql.lit(custom)} then e.custom_type else ${wordsOf('e.type', builtInTypes)} end`

/** Value of a dimension, NULL where it is not known. */
export const dimensionValue: Readonly<Record<Dimension, RawBuilder<string | null>>> = {
  country: sql`e.country`,
  device: sql`${wordsOf('e.device', deviceCodes)}`,
  source: sql`e.source`,
  viewType: sql`e.view_type`,
  channel: sql`${wordsOf('e.channel', channelCodes)}`,
  referrer: sql`e.referrer_domain`,
}

export const instant = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`

/** Whether a time lies in one of the spans; never, when there are none. */
export function within(column: string, spans: readonly Span[]): RawBuilder<boolean> {
  if (spans.length === 0) return sql`false`
  const each = spans.map(
    ({ fromMs, toMs }) => sql`${sql.ref(column)} >= ${instant(fromMs)} and ${sql.ref(column)} < ${instant(toMs)}`,
  )
  return sql`(${sql.join(each, sql` or `)})`
}

/** Events that have a part in the counters: those that count, and repeated views, whose duration is added. */
export const hasPart = sql`(e.counted or (e.flags & ${sql.lit(countedFlags.repeat)} <> 0 and e.duration_ms is not null))`

/** Watches by class; NULL for what is no watch or told no time. The catalogue's length is believed before the browser's. */
export function watchClass(rules: WatchRules): RawBuilder<string | null> {
  const length = sql`nullif(coalesce(c.duration_ms, e.media_duration_ms), 0)`
  const share = (percent: number) => sql`${length}::float8 * ${percent}::float8 / 100`
  return sql`case
    when e.type <> ${sql.lit(typeCodes.watch)} or not e.counted then null
    when e.flags & ${sql.lit(countedFlags.completed)} <> 0 or e.duration_ms >= ${share(rules.watchCompletePercent)} then 'completed'
    when e.duration_ms < ${rules.watchSkipMs}::integer or e.duration_ms < ${share(rules.watchSkipPercent)} then 'skipped'
    when e.duration_ms is not null then 'partial' end`
}

/** The length of a watch's content, beside the event. */
export const joinLength = sql`left join content c on c.content_key = e.content_key and e.type = ${sql.lit(typeCodes.watch)}`

/** Whose numbers: the whole site's, those of each content between two keys (both included), or one content's. */
export type Scope = 'site' | { fromKey: string; toKey: string } | { contentKey: string }

const keyOf = (scope: Scope) => (scope === 'site' ? sql`0::bigint` : sql`e.content_key`)
function ofScope(scope: Scope): RawBuilder<unknown> {
  if (scope === 'site') return sql``
  if ('contentKey' in scope) return sql` and e.content_key = ${scope.contentKey}::bigint`
  return sql` and e.content_key between ${scope.fromKey}::bigint and ${scope.toKey}::bigint`
}

/** Leading bits of a viewer key, and the rest: keys are hashes, so they need no other. */
export const registerOf = sql.raw(`(viewer_key >> ${REST_BITS})::integer`)
export const restOf = sql.raw(`viewer_key & ${2 ** REST_BITS - 1}`)
const powersOfTwo = `array[${Array.from({ length: REST_BITS }, (_, at) => String(2 ** at)).join()}]::bigint[]`
// Leading zeros plus one, found by a search among the powers of two, which rounds nothing.
const valueOfRest = `${REST_BITS + 1} - width_bucket(rest, ${powersOfTwo})`
/** The bytes that `createSketch` reads, of rows of `register, rest`: three for each register that somebody is in. */
export const sketchBytes = sql.raw(
  `string_agg(substring(int4send(register << 6 | (${valueOfRest})) from 2), ''::bytea order by register)`,
)

/**
 * Rows of `content_key, type, authenticated, count, viewers, duration_ms, duration_n, skipped, partial, completed, sketch`,
 * for every type and for all together. A viewer without a name (key 0) counts, but is no viewer.
 * @param withSketch which of the rows get a sketch
 */
export function tallySums(span: Span, scope: Scope, rules: WatchRules, withSketch: RawBuilder<boolean>) {
  return sql`
    select content_key, type, authenticated, sum(n)::bigint as count, sum(viewers)::integer as viewers,
      sum(duration_ms)::bigint as duration_ms, sum(duration_n)::bigint as duration_n, sum(skipped)::integer as skipped,
      sum(partial)::integer as partial, sum(completed)::integer as completed,
      case when ${withSketch} then ${sketchBytes} filter (where rest is not null) end as sketch
    from (
      select content_key, type, authenticated, ${registerOf} as register,
        min(${restOf}) filter (where viewer_key <> 0 and n > 0) as rest,
        count(*) filter (where viewer_key <> 0 and n > 0) as viewers,
        sum(n) as n, sum(duration_ms) as duration_ms, sum(duration_n) as duration_n,
        sum(skipped) as skipped, sum(partial) as partial, sum(completed) as completed
      from (
        select content_key, case when grouping(type) = 1 then ${sql.lit(EVERY_TYPE)} else type end as type,
          authenticated, viewer_key, count(*) filter (where counted) as n,
          coalesce(sum(duration_ms), 0) as duration_ms, count(duration_ms) filter (where counted) as duration_n,
          count(*) filter (where class = 'skipped') as skipped, count(*) filter (where class = 'partial') as partial,
          count(*) filter (where class = 'completed') as completed
        from (
          select ${keyOf(scope)} as content_key, ${typeWord} as type, e.user_id is not null as authenticated, e.viewer_key,
            e.counted, e.duration_ms, ${watchClass(rules)} as class
          from events e ${joinLength}
          where ${within('e.occurred_at', [span])} and ${hasPart} ${ofScope(scope)}
        ) part
        group by grouping sets ((content_key, authenticated, viewer_key, type), (content_key, authenticated, viewer_key))
      ) per_viewer
      group by content_key, type, authenticated, register
    ) per_register
    group by content_key, type, authenticated`
}

const column = (name: Dimension) => sql.ref(`d_${name}`)

export interface BreakdownOptions {
  /** All, unless fewer are enough. */
  dimensions?: readonly Dimension[]
  /** Values that are told by name; all of them when nothing. */
  mostValues: number | undefined
  /** ` and …` about events named `e`, when not all are counted. */
  condition?: RawBuilder<unknown>
}

/**
 * Rows of `content_key, type, authenticated, breakdowns`: by dimension the counts of its first {@link TOP_VALUES} values
 * (most first, equal ones in byte order), of all others together, and of events that told none:
 * `{ "country": { "values": { "DE": 3 }, "other": 0, "none": 1 }, … }`.
 */
export function tallyBreakdowns(
  span: Span,
  scope: Scope,
  { dimensions: names = dimensionNames, mostValues, condition = sql`` }: BreakdownOptions = { mostValues: TOP_VALUES },
) {
  const each = (pick: (name: Dimension) => RawBuilder<unknown>, separator = sql`, `) =>
    sql.join(names.map(pick), separator)
  const isNamed = mostValues === undefined ? sql`true` : sql`place <= ${sql.lit(mostValues)}`
  return sql`
    select content_key, type, authenticated, jsonb_object_agg(dimension, part) as breakdowns
    from (
      select content_key, type, authenticated, dimension, jsonb_build_object(
        'values', coalesce(jsonb_object_agg(value, n) filter (where value is not null and ${isNamed}), '{}'),
        'other', coalesce(sum(n) filter (where value is not null and not (${isNamed})), 0),
        'none', coalesce(sum(n) filter (where value is null), 0)) as part
      from (
        select content_key, type, authenticated, dimension, value, n, row_number() over (
          partition by content_key, type, authenticated, dimension
          order by value is null, n desc, value collate "C") as place
        from (
          select content_key, case when grouping(type) = 1 then ${sql.lit(EVERY_TYPE)} else type end as type,
            authenticated, dimension, value, sum(n)::bigint as n
          from (
            select content_key, ${typeWord} as type, authenticated,
              case ${each((name) => sql`when grouping(${column(name)}) = 0 then ${sql.lit(name)}`, sql` `)} end as dimension,
              case ${each((name) => sql`when grouping(${column(name)}) = 0 then ${column(name)}`, sql` `)} end as value,
              count(*) as n
            from (
              select ${keyOf(scope)} as content_key, e.type, e.custom_type, e.user_id is not null as authenticated,
                ${each((name) => sql`${dimensionValue[name]} as ${column(name)}`)}
              from events e
              where ${within('e.occurred_at', [span])} and e.counted ${ofScope(scope)} ${condition}
            ) e
            -- By the number of the type, which is quicker to compare than its word.
            group by grouping sets (${each((name) => sql`(content_key, e.type, custom_type, authenticated, ${column(name)})`)})
          ) by_value
          group by grouping sets ((content_key, authenticated, dimension, value, type), (content_key, authenticated, dimension, value))
        ) with_all
      ) placed
      group by content_key, type, authenticated, dimension
    ) parts
    group by content_key, type, authenticated`
}

/** Longest value of a metadata key that is told apart, in characters. */
const MAX_VARIANT_LENGTH = 200

/** Rows of `value, type, authenticated, count`: counted events by the value of one key of their metadata. */
export function tallyVariants(spans: readonly Span[], key: string) {
  return sql`
    select left(e.metadata ->> ${key}::text, ${sql.lit(MAX_VARIANT_LENGTH)}) as value, ${typeWord} as type,
      e.user_id is not null as authenticated, count(*) as count
    from events e
    where ${within('e.occurred_at', spans)} and e.counted
      and jsonb_typeof(e.metadata -> ${key}::text) in ('string', 'number', 'boolean')
    group by 1, 2, 3`
}
