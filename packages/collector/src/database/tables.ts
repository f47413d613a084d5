// Row types of every table, as Kysely sees them. Units and meanings are told here, once.
import type { ViewEndReason } from '@sightline/sdk/wire'
import type { ColumnType, Generated } from 'kysely'
import type { Channel, Device } from './codes'

/** 63 bits of a hash. PostgreSQL's bigint; travels as a decimal string because JavaScript numbers are too short for it. */
type Key = string
/** Whole number that may pass 2^31; read it with a cast in SQL, written as a number. */
type Count = ColumnType<string | number, number, number>
/** Calendar day `YYYY-MM-DD`. */
type Day = ColumnType<string, string, string>
type Instant = ColumnType<Date, Date | string, Date | string>
type Json = ColumnType<unknown, string, string>

/** Raw events, partitioned by day; the only place where a single event is kept. */
export interface EventsTable {
  /** {@link ContentTable.content_key}; `0` for events that are about no content. */
  content_key: Key
  /** Who saw it: user, anonymous id or a hash with a daily salt. */
  viewer_key: Key
  event_id: string
  session_id: string | null
  /** When it happened, by the visitor's clock after correction. */
  occurred_at: Instant
  received_at: Instant
  /** UTC day inside the event's UUIDv7, so a retry after midnight meets the same row; 1970-01-01 for any other id. */
  event_day: Day
  /** Number of the event in its session. */
  seq: number | null
  /** Length of a view or a watch. */
  duration_ms: number | null
  /** All stretches of this content in the visitor's session so far. */
  total_ms: number | null
  /** Time taken out of the stretch because the page stood still. */
  stall_ms: number | null
  media_duration_ms: number | null
  /** Watch: playing time in picture-in-picture, no part of `duration_ms`. */
  pip_ms: number | null
  /** Impression: dwell that was asked for. */
  min_duration_ms: number | null
  /** Bits, see `ingest/flags.ts`. */
  flags: number
  /** 0-based place in the list. */
  position: number | null
  /** 0–100. */
  scroll_depth: number | null
  /** Impression: percent of the area that was on screen. */
  ratio: number | null
  /** Impression: percent of the area that was asked for. */
  threshold: number | null
  /** Impression: time from the deadline to the sample that confirmed it. */
  confirm_lag_ms: number | null
  /** One of `typeCodes`; 0 for a type of the site's own. */
  type: number
  /** One of `channelCodes`. */
  channel: number
  /** One of `deviceCodes`. */
  device: number
  /** View: what ended it, one of `endReasonCodes`. */
  end_reason: number | null
  /** Whether the event is part of the counters. */
  counted: boolean
  /** Name of a type of the site's own. */
  custom_type: string | null
  source: string | null
  view_type: string | null
  /** ISO 3166-1 alpha-2. */
  country: string | null
  referrer_domain: string | null
  /** From a verified token only. */
  user_id: string | null
  metadata: Json | null
}

/** Names and rules of content. A row is made by its first event (`registered` false) or by the catalogue. */
export interface ContentTable {
  /** First 63 bits of SHA-256 over type and id. */
  content_key: Key
  type: string
  id: string
  owner_id: string | null
  visibility: Generated<'public' | 'private'>
  duration_ms: number | null
  published_at: Instant | null
  title: string | null
  registered: Generated<boolean>
}

/** Live counters: exact the moment they are read, because they are added in the transaction that stores the events. */
export interface ContentHoursTable {
  content_key: Key
  /** Start of the clock hour in the site's time zone, so that days of any zone are sums of whole hours. */
  hour: Instant
  type: string
  /** Whether the viewer was signed in. */
  authenticated: boolean
  count: Count
  /** Sum of `duration_ms` of the events that have one. */
  duration_ms: Count
  /** Events that have a `duration_ms`. */
  duration_n: Count
}

/** Which days of the site were counted from their single events. */
export interface ClosedDaysTable {
  /** Day in the site's time zone. */
  day: Day
  closed_at: Instant
  /** When it was last looked whether late events came; they are in. */
  checked_at: Instant
  /** Single events of the day when it was closed, counted or not. */
  events: Count
  /** By how many events the live counters of the day were off, summed over contents, types and audiences. */
  difference: Count
  /** Keys of metadata whose values were counted, see `variant_days`. */
  compare_keys: string[]
}

/** Groups that stored events of a day long after it, and that its closing has not counted yet. */
export interface LateDaysTable {
  day: Day
  noted: string
}

/** Sums of one day, type (`*` is all of them) and audience. */
interface DaySums {
  day: Day
  type: string
  /** Whether the viewers were signed in. */
  authenticated: boolean
  count: Count
  duration_ms: Count
  duration_n: Count
  /** Exact unique viewers of this day. */
  viewers: number
  /** Watches by class. */
  skipped: number
  partial: number
  completed: number
}

/** What makes longer ranges and shares of the whole possible. */
interface DayDetails {
  /** Registers that add up over days, see `sketch.ts`; no viewer can be read from them. */
  sketch: Uint8Array | null
  /** `{ country: { values: { DE: 3 }, other: 0, none: 1 }, … }`, see `day-tally.ts`. */
  breakdowns: Json
}

export interface ContentDaysTable extends DaySums {
  content_key: Key
}

export interface ContentDayDetailsTable extends Pick<DaySums, 'day' | 'type' | 'authenticated'>, DayDetails {
  content_key: Key
}

export interface SiteDaysTable extends DaySums, DayDetails {}

/** Hours of closed days, of all content together. */
export interface SiteHoursTable extends Omit<ContentHoursTable, 'content_key'> {}

/** What one viewer did on one closed day. */
export interface ViewerDaysTable {
  viewer_key: Key
  day: Day
  /** First day on which this viewer did anything, as far as is known. */
  first_day: Day
  impressions: number
  views: number
  watches: number
  clicks: number
  likes: number
  shares: number
  page_views: number
  /** Events of the site's own types. */
  custom: number
  user_id: string | null
}

/** How many of those who came first on one day came on another. */
export interface CohortDaysTable {
  first_day: Day
  day: Day
  authenticated: boolean
  viewers: number
}

/** Events of a closed day by the values of one key of their metadata. */
export interface VariantDaysTable {
  day: Day
  /** The key. */
  name: string
  value: string
  type: string
  authenticated: boolean
  count: Count
}

/** Impressions and clicks per place in a list and day in the site's time zone. */
export interface PositionsTable {
  source: string
  position: number
  day: Day
  impressions: Count
  clicks: Count
}

/** One row per viewer and content: the "recently viewed" list. */
export interface RecentViewsTable {
  viewer_key: Key
  content_key: Key
  viewed_at: Instant
  duration_ms: number | null
  views: number
}

/** Which views of one viewer of one content were counted lately; see `ingest/gate-views.ts`. */
export interface ViewGatesTable {
  content_key: Key
  viewer_key: Key
  /** Time of the view that was counted last, in milliseconds since 1970. */
  counted_at: Count
  /** Milliseconds since 1970 at which no other view counts, as PostgreSQL's int8multirange. */
  taken: string
}

export interface OptOutsTable {
  viewer_key: Key
  opted_out_at: Instant
}

/** Random salts of the anonymous viewer key, one per UTC day, destroyed after 48 hours. */
export interface SaltsTable {
  day: Day
  salt: Uint8Array
}

/** Which collector runs a job. `fence` grows with every new holder, so a holder that lost its lease can be told. */
export interface JobLeasesTable {
  job: string
  holder: string | null
  fence: Count
  expires_at: Instant
  started_at: Instant | null
  finished_at: Instant | null
  last_error: string | null
}

/** Events that the database refused alone, kept for a replay. */
export interface DeadLettersTable {
  event_id: string
  received_at: Instant
  viewer_key: Key
  user_id: string | null
  /** SQLSTATE. */
  code: string
  message: string
  /** The event as it was sent, as JSON. Text, because it may hold just what jsonb refuses. */
  event: string
  /** Everything else of its row, as JSON: what the collector had decided when the event arrived. */
  stored_as: string
}

/** What became of every event that arrived, per day in UTC. */
export interface OutcomesTable {
  day: Day
  outcome: 'tracked' | 'duplicate' | 'dropped' | 'refused' | 'lost'
  /** Empty for `duplicate` and for what is tracked and counts; else why not: `repeat`, `own`, `bot`, `script`. */
  reason: string
  count: Count
}

/** UTC days whose raw events were deleted by age. */
export interface DroppedDaysTable {
  day: Day
  dropped_at: Instant
}

/** Requests to erase a person: what is still to do, and the receipt. */
export interface ErasuresTable {
  receipt: string
  /** Emptied when the erasure is finished. */
  viewer_keys: ColumnType<string[], string, string>
  /** Taken out when the erasure is finished. */
  user_id: string | null
  requested_by: 'viewer' | 'admin'
  requested_at: Instant
  finished_at: Instant | null
  /** Rows that lost their person so far (`events`) or were deleted, by table. */
  events: Generated<Count>
  recent_views: Generated<Count>
  viewer_days: Generated<Count>
  view_gates: Generated<Count>
  dead_letters: Generated<Count>
}

/** Viewers whose events of before that time are refused when they arrive late. Kept as long as events may be late. */
export interface ErasedViewersTable {
  viewer_key: Key
  erased_at: Instant
}

export interface AdminTokensTable {
  /** SHA-256 of the token; the token itself is shown once and never stored. */
  token_hash: Uint8Array
  name: string
  created_at: Instant
  revoked_at: Instant | null
}

/** Links that show one page to whoever has them. */
export interface ShareLinksTable {
  id: string
  created_at: Instant
  /** `null` until somebody revokes it. */
  expires_at: Instant | null
  revoked_at: Instant | null
  /** SHA-256 of the token; the token itself is told once and never stored. */
  token_hash: Uint8Array
  name: string | null
  /** Both are `null` for a link to the overview. */
  content_type: string | null
  content_id: string | null
}

/** SQL view for people: `events` with the names joined back and the numbers turned into words. */
export interface EventLogView extends Omit<EventsTable, 'type' | 'custom_type' | 'channel' | 'device' | 'end_reason'> {
  type: string
  channel: Channel
  device: Device
  end_reason: ViewEndReason | null
  content_type: string
  content_id: string
  title: string | null
}

export interface Tables {
  events: EventsTable
  content: ContentTable
  content_hours: ContentHoursTable
  closed_days: ClosedDaysTable
  late_days: LateDaysTable
  content_days: ContentDaysTable
  content_day_details: ContentDayDetailsTable
  site_days: SiteDaysTable
  site_hours: SiteHoursTable
  viewer_days: ViewerDaysTable
  cohort_days: CohortDaysTable
  variant_days: VariantDaysTable
  positions: PositionsTable
  recent_views: RecentViewsTable
  view_gates: ViewGatesTable
  opt_outs: OptOutsTable
  salts: SaltsTable
  job_leases: JobLeasesTable
  dead_letters: DeadLettersTable
  outcomes: OutcomesTable
  dropped_days: DroppedDaysTable
  erasures: ErasuresTable
  erased_viewers: ErasedViewersTable
  admin_tokens: AdminTokensTable
  share_links: ShareLinksTable
  event_log: EventLogView
}
