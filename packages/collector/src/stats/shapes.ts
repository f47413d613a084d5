// The answers of the stats API, as the dashboard and other clients read them. Types only.
import type { ContentRef } from '@sightline/sdk/wire'

/** Whose events are counted: everyone's, signed-in viewers' only, or the others'. */
export type Audience = 'all' | 'authenticated' | 'anonymous'

/** What numbers were added up from: live counters, closed days, or single events. */
export type Source = 'counters' | 'closed_days' | 'events'

/** How the numbers of an answer were made; part of every answer. */
export interface Provenance {
  /** First day, inclusive, `YYYY-MM-DD` in `timezone`. */
  from: string
  /** Last day, inclusive. */
  to: string
  /** IANA name of the zone whose days are counted. */
  timezone: string
  audience: Audience
  /** Every event committed before this instant is in the numbers (ISO 8601), but for late ones of closed days. */
  freshAsOf: string
  /** Late events of closed days are in up to this instant (ISO 8601); `null` when no day of the range is closed. */
  lateAsOf: string | null
  /** Numbers of earlier days are not kept any more: their zeros mean nothing. */
  keptFrom: string
  /**
   * First day whose single events are all kept. Only where nothing else can answer, as with filters: earlier days of the
   * range are in no number, and in no row of a series.
   */
  eventsFrom?: string
  /** The filters that were asked for, if any. */
  filters?: Filters
  madeFrom: Source[]
}

/** Different viewers; whoever asked not to be followed is none. */
export interface Viewers {
  value: number
  /** Counted one by one, or estimated from registers that add up over days (HyperLogLog). */
  method: 'exact' | 'hll'
  /** Relative standard error: 95 of 100 estimates are at most twice as far off. 0 for `exact`. */
  error: number
}

/** A 95 % interval. */
export interface Range95 {
  low: number
  high: number
}

/** Events by type. */
export interface EventCounts {
  impressions: number
  views: number
  watches: number
  clicks: number
  likes: number
  shares: number
  pageViews: number
  /** Custom events by their type. */
  custom: Record<string, number>
}

/** Counts and what follows from them. `null` where there is nothing to divide by. */
export interface Totals extends EventCounts {
  /** Mean length of the views that told one, in milliseconds. */
  averageViewDurationMs: number | null
  /** clicks / impressions, from 0 up. */
  clickThroughRate: number | null
}

/** One day of a series. Days without events are present, with zeros. */
export interface DayCounts extends EventCounts {
  /** `YYYY-MM-DD` in the answer's time zone. */
  day: string
}

/** A day with its unique viewers, exact; `null` where neither a closed day nor single events can tell. */
export interface DayWithViewers extends DayCounts {
  viewers: number | null
}

/** What numbers can be broken down by. */
export type BreakdownDimension = 'country' | 'device' | 'source' | 'viewType' | 'channel' | 'referrer'

/** What site numbers can be filtered by: a value of a dimension (empty for events that told none), or one content. */
export type FilterName = BreakdownDimension | 'contentType' | 'contentId'
export type Filters = Partial<Record<FilterName, string>>

/** Counts by the values of one dimension. All parts add up to `total`. */
export interface Breakdown {
  /** At most 50, most first; equal ones in byte order. */
  items: { value: string; count: number }[]
  /** Events with other values. A closed day keeps its own first 50 by name. */
  other: number
  /** Events that told no value. */
  none: number
  /** Events of which the value is not kept: late ones of a closed day whose single events are gone. */
  untold: number
  /** By the counters. */
  total: number
}

/** Watches by class. */
export interface WatchClasses {
  skipped: number
  partial: number
  completed: number
  /** completed / all three; `null` without watches. */
  completionRate: number | null
  interval: Range95 | null
}

/** `GET /v1/content/:type/:id/stats` */
export interface ContentStats extends Provenance {
  content: ContentRef
  title: string | null
  totals: Totals
  /** Of any event; `null` where neither closed days nor single events can tell. */
  viewers: Viewers | null
  series: DayWithViewers[]
  /** Of the events that `type` names. */
  breakdowns: Record<BreakdownDimension, Breakdown>
  watches: WatchClasses
}

/**
 * `GET /v1/content/:type/:id/distributions`: each view is one stretch of time on screen, with its own length and depth;
 * repeats, which the counters add to the view that they repeat, are stretches too.
 */
export interface ContentDistributions extends Provenance {
  content: ContentRef
  title: string | null
  viewTimes: {
    /** Views that told a length. */
    count: number
    /** Shortest first. A length of `fromMs` is in, one of `toMs` in the next; `null` for the last, which has no end. */
    buckets: { fromMs: number; toMs: number | null; count: number }[]
  }
  scrollDepth: {
    /** Views that told a depth. */
    count: number
    /** Those that reached 10, 20 … 100 percent. */
    reached: {
      percent: number
      count: number
      /** Of the views that told a depth; `null` without one. */
      share: number | null
    }[]
  }
}

/** `GET /v1/stats/site` */
export interface SiteStats extends Provenance {
  totals: Totals
  viewers: Viewers | null
}

/** `GET /v1/stats/series` */
export interface SiteSeries extends Provenance {
  series: DayWithViewers[]
}

/** `GET /v1/stats/breakdown/:dimension` */
export interface SiteBreakdown extends Provenance, Breakdown {
  dimension: BreakdownDimension
  /** Type of the events that are counted; `null` for all. */
  type: string | null
}

/**
 * What `GET /v1/stats/top` can be sorted by. `engagement` is views, clicks, likes and shares together;
 * `clickThroughRate` leaves out content with fewer than 100 impressions.
 */
export type TopMetric =
  | 'impressions'
  | 'views'
  | 'watches'
  | 'clicks'
  | 'likes'
  | 'shares'
  | 'pageViews'
  | 'engagement'
  | 'viewers'
  | 'clickThroughRate'
  | 'averageViewDurationMs'

/** `GET /v1/stats/top` */
export interface TopContent extends Provenance {
  by: TopMetric
  /** Most first; equal values in the order of type and id. */
  items: {
    content: ContentRef
    title: string | null
    /** What it is sorted by. */
    value: number
    totals: Totals
    /** When sorted by viewers. */
    viewers?: Viewers
  }[]
}

/** `GET /v1/stats/engagement`: what signed-in users did. */
export interface Engagement extends Provenance {
  /** Users who did anything. */
  users: number
  /** Users with a click, like, share or custom event. */
  engagedUsers: number
  /** engagedUsers / users; `null` without users. */
  engagementRate: number | null
  interval: Range95 | null
  /** Most events first (impressions and page views left aside); equal ones in the order of their ids. */
  items: (Omit<EventCounts, 'custom'> & { userId: string; custom: number })[]
}

/** `GET /v1/stats/durations` */
export interface Durations extends Provenance {
  /** Views that told a length; repeats within the window add theirs to it. */
  views: { count: number; averageMs: number | null }
  watches: WatchClasses & { count: number; averageMs: number | null }
  /** Content with the longest average view. */
  items: TopContent['items']
}

/** `GET /v1/stats/positions` */
export interface Positions extends Provenance {
  /** By source, then position. */
  items: {
    source: string
    /** 0-based. */
    position: number
    impressions: number
    clicks: number
    /** clicks / impressions; `null` below 100 impressions. */
    clickThroughRate: number | null
    /** By Wilson; `null` also where clicks outnumber impressions, which is no share. */
    interval: Range95 | null
  }[]
}

/** `GET /v1/content/:type/:id/positions`: the same of one content, from single events. */
export interface ContentPositions extends Positions {
  content: ContentRef
  title: string | null
}

/** `GET /v1/stats/hours`: when in the week. */
export interface HoursOfWeek extends Provenance {
  /** 168 cells, Monday 00:00 first. */
  cells: {
    /** 1 is Monday. */
    weekday: number
    /** 0–23 by the clock of `timezone`. */
    hour: number
    /** Such hours in the range; a day with a clock change has one more or less. */
    hours: number
    /** Impressions, views, watches and page views. */
    seen: number
    /** Clicks, likes, shares and custom events. */
    engaged: number
  }[]
}

/** `GET /v1/stats/retention` */
export interface Retention extends Provenance {
  /** One for each day of the range. */
  cohorts: {
    /** First day of these viewers, as far as is kept. */
    day: string
    /** `null` while the day is open. */
    viewers: number | null
    /** How many of them came on that day and each day after it; `null` for days that are not closed. */
    returned: (number | null)[]
  }[]
}

/** `GET /v1/stats/compare` */
export interface Comparison extends Provenance {
  key: string
  /** Types of events: `rate` is `event` per `per`. */
  event: string
  per: string
  /** Closed days of the range that did not count this key. */
  daysWithout: string[]
  /** Most of `per` first, at most 50. */
  items: {
    value: string
    events: number
    per: number
    /** `null` below 100. */
    rate: number | null
    interval: Range95 | null
    /** Rate minus the first item's, with an interval by Newcombe; `null` where one of the rates is. */
    difference: (Range95 & { value: number }) | null
  }[]
}

/** `GET /v1/trending` */
export interface Trending {
  /** Every event committed before this instant is in the numbers (ISO 8601). */
  freshAsOf: string
  /** Length of each of the two windows; the newer one ends with the clock hour of `freshAsOf`. */
  windowHours: number
  madeFrom: Source[]
  /** Highest score first; equal ones in the order of type and id. */
  items: {
    content: ContentRef
    title: string | null
    score: number
    velocity: number
    likes: number
    likesBefore: number
    views: number
    viewsBefore: number
  }[]
}
