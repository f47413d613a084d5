// The answers of the stats API, as the dashboard and other clients read them. Types only.
import type { ContentRef } from '@sightline/sdk/wire'

/** Whose events are counted: everyone's, signed-in viewers' only, or the others'. */
export type Audience = 'all' | 'authenticated' | 'anonymous'

/** How the numbers of an answer were made; part of every answer. */
export interface Provenance {
  /** First day, inclusive, `YYYY-MM-DD` in `timezone`. */
  from: string
  /** Last day, inclusive. */
  to: string
  /** IANA name of the zone whose days are counted. */
  timezone: string
  audience: Audience
  /** Every event committed before this instant is in the numbers (ISO 8601). */
  freshAsOf: string
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

/** `GET /v1/content/:type/:id/stats` */
export interface ContentStats extends Provenance {
  content: ContentRef
  title: string | null
  totals: Totals
  series: DayCounts[]
}

/** `GET /v1/stats/site` */
export interface SiteStats extends Provenance {
  totals: Totals
}

/** `GET /v1/stats/series` */
export interface SiteSeries extends Provenance {
  series: DayCounts[]
}

/** What `GET /v1/stats/top` can be sorted by. */
export type TopMetric = 'impressions' | 'views' | 'watches' | 'clicks' | 'likes' | 'shares' | 'pageViews'

/** `GET /v1/stats/top` */
export interface TopContent extends Provenance {
  by: TopMetric
  /** Most first; equal values in the order of type and id. */
  items: { content: ContentRef; title: string | null; totals: Totals }[]
}
