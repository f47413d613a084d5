// The shape of every answer, as zod checks it in the tests and as the API description tells it. Types are those of the rooms
// that give the answers; what drifts apart does not compile, or fails where a test meets the answer.
import type { IngestResult } from '@sightline/sdk/wire'
import { z } from 'zod'
import type { BulkAnswer } from '../catalog/catalog-routes'
import type { CatalogEntry } from '../catalog/catalog'
import type { SeenClient } from '../doctor/examine-site'
import type { Readiness } from '../health-routes'
import type { ViewAnswer } from '../ingest/single-call-routes'
import type { OptOut } from '../privacy/opt-out'
import type { Receipt } from '../privacy/erase'
import type {
  Comparison,
  ContentDistributions,
  ContentPositions,
  ContentStats,
  Durations,
  Engagement,
  HoursOfWeek,
  Positions,
  Retention,
  SiteBreakdown,
  SiteSeries,
  SiteStats,
  TopContent,
  Trending,
} from '../stats/shapes'
import { filterNames } from '../stats/filters'
import type { MadeShare, ShareList } from '../shares/shapes'
import type { StoredEvents } from '../testing/stored-events'
import type { Now, Replay, TrustReport, Who } from '../trust/shapes'
import type { RecentViewsPage } from '../viewers/recent-views'

const number = z.number()
const count = z.int().min(0)
const share = z.number().nullable().describe('`null` where there is nothing to divide by.')
const text = z.string()
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
const instant = z.iso.datetime()
const uuid = z.uuid()
const content = z.strictObject({ type: text, id: text })
const title = text.nullable().describe('From the catalogue.')

const interval = z
  .strictObject({ low: number, high: number })
  .nullable()
  .describe('95 % interval of the share before it.')
const knownViewers = z.strictObject({
  value: count,
  method: z.enum(['exact', 'hll']).describe('Counted one by one, or estimated (HyperLogLog).'),
  error: number.describe('Relative standard error; 0 for `exact`.'),
})
const viewers = knownViewers.nullable().describe('`null` where nothing that is kept can tell.')

const eventCounts = {
  impressions: count,
  views: count,
  watches: count,
  clicks: count,
  likes: count,
  shares: count,
  pageViews: count,
  custom: z.record(text, count).describe('Custom events by their type.'),
}
const totals = z.strictObject({
  ...eventCounts,
  averageViewDurationMs: number.nullable().describe('Milliseconds, of the views that told a length.'),
  clickThroughRate: share,
})
const series = z.array(
  z.strictObject({
    ...eventCounts,
    day,
    viewers: count.nullable().describe('Exact, or `null` where nothing can tell.'),
  }),
)
const breakdownFields = {
  items: z.array(z.strictObject({ value: text, count })),
  other: count.describe('Events with other values.'),
  none: count.describe('Events that told no value.'),
  untold: number.describe('Events of which the value is not kept.'),
  total: count,
}
const breakdown = z.strictObject(breakdownFields)
const dimension = z.enum(['country', 'device', 'source', 'viewType', 'channel', 'referrer'])
const watchFields = { skipped: count, partial: count, completed: count, completionRate: share, interval }

const shareFields = {
  id: uuid.describe('Names the link when it is revoked.'),
  scope: z.enum(['overview', 'content']),
  content: content.nullable().describe('The content whose page it shows; `null` for the overview.'),
  name: text.nullable(),
  createdAt: instant,
  expiresAt: instant.nullable().describe('`null` when it is open until it is revoked.'),
  revokedAt: instant.nullable(),
}

const madeFrom = z.array(z.enum(['counters', 'closed_days', 'events'])).describe('What the numbers were added up from.')
const provenance = {
  from: day.describe('First day, inclusive.'),
  to: day.describe('Last day, inclusive.'),
  timezone: text.describe('IANA zone whose days are counted.'),
  audience: z.enum(['all', 'authenticated', 'anonymous']),
  freshAsOf: instant.describe('Every event committed before is in the numbers, but for late ones of closed days.'),
  lateAsOf: instant.nullable().describe('Late events of closed days are in up to this instant.'),
  keptFrom: day.describe('Numbers of earlier days are not kept: their zeros mean nothing.'),
  eventsFrom: day
    .optional()
    .describe(
      'Where only single events can answer, as with filters: first day of which all are kept. Earlier days of the range are in no number and have no row.',
    ),
  filters: z
    .partialRecord(z.enum(filterNames), text)
    .optional()
    .describe('What was filtered by; an empty value asks for events that told none.'),
  madeFrom,
}
const positions = z.array(
  z.strictObject({
    source: text,
    position: count.describe('0-based.'),
    impressions: count,
    clicks: count,
    clickThroughRate: share,
    interval,
  }),
)
const rankedItems = z.array(z.strictObject({ content, title, value: number, totals, viewers: knownViewers.optional() }))

/** Components of the description, by name. */
export const answers = {
  Alive: z.strictObject({ alive: z.literal(true) }),
  Readiness: z.strictObject({
    ready: z.boolean(),
    database: z.enum(['postgres', 'pglite']),
    durability: z.enum(['power', 'process', 'memory']).describe('What an acknowledged event survives.'),
    lastCommitAt: instant.nullable(),
    partitionsAheadDays: z.int().nullable(),
    jobs: z.array(
      z.strictObject({
        name: text,
        finishedAt: instant.nullable(),
        lagSeconds: number.nullable(),
        lastError: text.nullable(),
      }),
    ),
    reason: text.optional().describe('Why not, in one sentence.'),
  }) satisfies z.ZodType<Loose<Readiness>>,
  IngestResult: z.strictObject({
    success: z.boolean().describe('`true` when no event was refused.'),
    tracked: count.describe('Events stored now.'),
    duplicates: count.describe('Events that were stored before.'),
    dropped: z.record(text, count).describe('Events left out by a rule of the site, by reason.'),
    errors: z
      .array(z.strictObject({ index: count, id: text.optional(), code: text, message: text }))
      .max(100)
      .describe('Refused events with their place in the batch.'),
  }) satisfies z.ZodType<Loose<IngestResult>>,
  ViewAnswer: z.strictObject({
    counted: z.boolean(),
    reason: text
      .optional()
      .describe('Why it does not count: `repeat`, `duplicate`, `own`, `bot`, `script` or `opted_out`.'),
  }) satisfies z.ZodType<Loose<ViewAnswer>>,
  CatalogEntry: z.strictObject({
    type: text,
    id: text,
    ownerId: text.nullable(),
    visibility: z.enum(['public', 'private']),
    durationMs: count.nullable(),
    publishedAt: instant.nullable(),
    title,
    registered: z.boolean().describe('`false` when only events have named it.'),
  }) satisfies z.ZodType<CatalogEntry>,
  BulkAnswer: z.strictObject({
    success: z.boolean(),
    registered: count,
    errors: z.array(z.strictObject({ index: count, code: z.literal('invalid_content'), message: text })),
  }) satisfies z.ZodType<BulkAnswer>,
  ContentStats: z.strictObject({
    ...provenance,
    content,
    title,
    totals,
    viewers,
    series,
    breakdowns: z.record(dimension, breakdown),
    watches: z.strictObject(watchFields),
  }) satisfies z.ZodType<Loose<ContentStats>>,
  ContentDistributions: z.strictObject({
    ...provenance,
    content,
    title,
    viewTimes: z.strictObject({
      count: count.describe('Views that told a length.'),
      buckets: z.array(
        z.strictObject({
          fromMs: count.describe('Included.'),
          toMs: count.nullable().describe('Not included; `null` for the last, which has no end.'),
          count,
        }),
      ),
    }),
    scrollDepth: z.strictObject({
      count: count.describe('Views that told a depth.'),
      reached: z.array(z.strictObject({ percent: z.int().min(10).max(100), count, share })),
    }),
  }) satisfies z.ZodType<Loose<ContentDistributions>>,
  SiteStats: z.strictObject({ ...provenance, totals, viewers }) satisfies z.ZodType<Loose<SiteStats>>,
  SiteSeries: z.strictObject({ ...provenance, series }) satisfies z.ZodType<Loose<SiteSeries>>,
  SiteBreakdown: z.strictObject({
    ...provenance,
    ...breakdownFields,
    dimension,
    type: text.nullable(),
  }) satisfies z.ZodType<Loose<SiteBreakdown>>,
  TopContent: z.strictObject({
    ...provenance,
    by: text.describe('What it is sorted by.'),
    items: rankedItems,
  }) satisfies z.ZodType<Loose<Omit<TopContent, 'by'>>>,
  Durations: z.strictObject({
    ...provenance,
    views: z.strictObject({ count, averageMs: number.nullable() }),
    watches: z.strictObject({ ...watchFields, count, averageMs: number.nullable() }),
    items: rankedItems,
  }) satisfies z.ZodType<Loose<Durations>>,
  Engagement: z.strictObject({
    ...provenance,
    users: count,
    engagedUsers: count,
    engagementRate: share,
    interval,
    items: z.array(z.strictObject({ ...eventCounts, custom: count, userId: text })),
  }) satisfies z.ZodType<Loose<Engagement>>,
  Positions: z.strictObject({ ...provenance, items: positions }) satisfies z.ZodType<Loose<Positions>>,
  ContentPositions: z.strictObject({
    ...provenance,
    content,
    title,
    items: positions,
  }) satisfies z.ZodType<Loose<ContentPositions>>,
  HoursOfWeek: z.strictObject({
    ...provenance,
    cells: z.array(
      z.strictObject({
        weekday: z.int().min(1).max(7).describe('1 is Monday.'),
        hour: z.int().min(0).max(23),
        hours: count,
        seen: count,
        engaged: count,
      }),
    ),
  }) satisfies z.ZodType<Loose<HoursOfWeek>>,
  Retention: z.strictObject({
    ...provenance,
    cohorts: z.array(z.strictObject({ day, viewers: count.nullable(), returned: z.array(count.nullable()) })),
  }) satisfies z.ZodType<Loose<Retention>>,
  Comparison: z.strictObject({
    ...provenance,
    key: text,
    event: text,
    per: text,
    daysWithout: z.array(day),
    items: z.array(
      z.strictObject({
        value: text,
        events: count,
        per: count,
        rate: share,
        interval,
        difference: z.strictObject({ value: number, low: number, high: number }).nullable(),
      }),
    ),
  }) satisfies z.ZodType<Loose<Comparison>>,
  Trending: z.strictObject({
    freshAsOf: instant,
    windowHours: count,
    madeFrom,
    items: z.array(
      z.strictObject({
        content,
        title,
        score: number,
        velocity: number,
        likes: count,
        likesBefore: count,
        views: count,
        viewsBefore: count,
      }),
    ),
  }) satisfies z.ZodType<Trending>,
  RecentViewsPage: z.strictObject({
    items: z.array(
      z.strictObject({ content, title, viewedAt: instant, durationMs: count.nullable(), views: count }).partial(),
    ),
    total: count,
    perPage: count,
    page: count.nullable(),
    pages: count,
    nextCursor: text.nullable(),
  }) satisfies z.ZodType<Loose<RecentViewsPage>>,
  OptOut: z.strictObject({ optedOut: z.boolean(), since: instant.nullable() }) satisfies z.ZodType<OptOut>,
  Receipt: z.strictObject({
    receipt: uuid,
    state: z.enum(['open', 'done']),
    requestedAt: instant,
    finishedAt: instant.nullable(),
    erased: z.strictObject({
      events: count,
      recentViews: count,
      dailySums: count,
      viewGates: count,
      deadLetters: count,
    }),
  }) satisfies z.ZodType<Receipt>,
  SeenClient: z.strictObject({
    address: text,
    peer: text,
    forwardedFor: text.nullable(),
  }) satisfies z.ZodType<SeenClient>,
  Who: z.strictObject({
    role: z.enum(['none', 'admin', 'moderator', 'user', 'share']),
    userId: text.nullable(),
    isKept: z.boolean().describe('Whether the browser keeps it in a cookie that scripts cannot read.'),
    share: z
      .strictObject({ name: text.nullable(), content: content.nullable(), expiresAt: instant.nullable() })
      .optional()
      .describe('What a share link opens.'),
  }) satisfies z.ZodType<Loose<Who>>,
  MadeShare: z.strictObject({
    ...shareFields,
    token: text.describe('The secret of the link. It is told only here.'),
  }) satisfies z.ZodType<MadeShare>,
  ShareList: z.strictObject({
    shares: z.array(z.strictObject(shareFields)).describe('Newest first; those that ended, for 30 days more.'),
  }) satisfies z.ZodType<ShareList>,
  Now: z.strictObject({ viewers: count, windowMs: count, freshAsOf: instant }) satisfies z.ZodType<Now>,
  Replay: z.strictObject({
    stored: count,
    duplicates: count,
    refused: z.array(z.strictObject({ id: uuid, code: text })),
  }) satisfies z.ZodType<Replay>,
  TrustReport: z.strictObject({
    madeAt: instant,
    from: day,
    to: day,
    outcomes: z.array(
      z.strictObject({
        day,
        outcome: z.enum(['tracked', 'duplicate', 'dropped', 'refused', 'lost']),
        reason: text,
        count,
      }),
    ),
    sequences: z.array(z.strictObject({ day, sessions: count, expected: count, stored: count })).nullable(),
    deadLetters: z.strictObject({
      count,
      items: z.array(z.strictObject({ id: uuid, receivedAt: instant, code: text, message: text })),
    }),
    storage: z.strictObject({
      database: z.enum(['postgres', 'pglite']),
      durability: text,
      bytes: count,
      days: z.array(z.strictObject({ day: day.nullable(), bytes: count })),
      rawRetentionDays: count,
      bytesPerDay: number.nullable(),
      freeBytes: count.nullable(),
      daysLeft: count.nullable(),
    }),
    jobs: z.array(
      z.strictObject({
        name: text,
        everySeconds: count,
        holder: text.nullable(),
        finishedAt: instant.nullable(),
        lagSeconds: count.nullable(),
        lastError: text.nullable(),
      }),
    ),
    settings: z.array(z.strictObject({ variable: text, value: text, isDefault: z.boolean() })),
  }) satisfies z.ZodType<TrustReport>,
  StoredEvents: z.strictObject({
    events: z.array(
      z.looseObject({
        id: uuid,
        type: text,
        viewer: text,
        channel: text,
        device: text,
        occurredAt: instant,
        receivedAt: instant,
        counted: z.boolean(),
      }),
    ),
    outcomes: z.array(z.strictObject({ outcome: text, reason: text, count })),
  }) satisfies z.ZodType<Loose<StoredEvents>>,
} as const

export type AnswerName = keyof typeof answers

/** The same shape where what may be missing may also be `undefined`, which is the same in JSON. */
type Loose<T> = T extends readonly (infer Item)[]
  ? Loose<Item>[]
  : T extends object
    ? {
        [Key in keyof T]: undefined extends T[Key]
          ? Loose<T[Key]> | undefined
          : {} extends Pick<T, Key>
            ? Loose<T[Key]> | undefined
            : Loose<T[Key]>
      }
    : T
