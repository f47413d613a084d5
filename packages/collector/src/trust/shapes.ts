// What only the dashboard asks for: who reads, who is there now, and whether the numbers can be trusted. Types only.
import type { ContentRef } from '@sightline/sdk/wire'

/** What a share link opens. */
export interface SharedPage {
  name: string | null
  /** The one content whose page it is; `null` for the overview. */
  content: ContentRef | null
  /** ISO 8601; `null` when it is open until somebody revokes it. */
  expiresAt: string | null
}

/** `GET /v1/session`: what a token or a cookie opens. */
export interface Who {
  /** `none` without a token. A `user` may read the numbers of own content, a `share` those of one page. */
  role: 'none' | 'admin' | 'moderator' | 'user' | 'share'
  userId: string | null
  /** Whether the browser keeps it in a cookie that scripts cannot read. */
  isKept: boolean
  /** With the role `share`. */
  share?: SharedPage
}

/** `GET /v1/now` */
export interface Now {
  /** Different viewers of the last {@link Now.windowMs}, by when it happened. */
  viewers: number
  windowMs: number
  /** ISO 8601. */
  freshAsOf: string
}

/** What became of the events of one UTC day. */
export interface DayOutcome {
  day: string
  /** `tracked` and `duplicate` as in the answers of ingest; `lost` was told by the browser that lost it. */
  outcome: 'tracked' | 'duplicate' | 'dropped' | 'refused' | 'lost'
  /** Empty where none is needed. */
  reason: string
  count: number
}

/** Numbers of the events of sessions that began on one UTC day. */
export interface DaySequences {
  day: string
  sessions: number
  /** From each session's first to its last number that arrived. */
  expected: number
  /** Different numbers that are stored. */
  stored: number
}

/** `GET /v1/trust` */
export interface TrustReport {
  /** ISO 8601. */
  madeAt: string
  /** First UTC day of what follows. */
  from: string
  /** Last UTC day. */
  to: string
  outcomes: DayOutcome[]
  /** Of the days whose single events are kept; `null` when it took too long to count them. */
  sequences: DaySequences[] | null
  deadLetters: {
    count: number
    /** Oldest first, at most 100. */
    items: { id: string; receivedAt: string; code: string; message: string }[]
  }
  storage: {
    database: 'postgres' | 'pglite'
    durability: string
    bytes: number
    /** Single events by the UTC day in their ids, newest first; `null` is for ids without a usable one. */
    days: { day: string | null; bytes: number }[]
    rawRetentionDays: number
    /** Mean of the full days, up to the last seven; `null` before the first. */
    bytesPerDay: number | null
    /** On the disk of the embedded database; a server's disk cannot be seen from here. */
    freeBytes: number | null
    /** Until that disk is full; `null` when retention keeps the events below it, or when one of the two is not known. */
    daysLeft: number | null
  }
  jobs: {
    name: string
    everySeconds: number
    /** Collector that runs it now. */
    holder: string | null
    finishedAt: string | null
    /** How long the next success is overdue; `null` before the first run. */
    lagSeconds: number | null
    lastError: string | null
  }[]
  /** Settings in force, by their variable. Secrets are only said to be set. */
  settings: { variable: string; value: string; isDefault: boolean }[]
}

/** `POST /v1/trust/dead-letters/replay` */
export interface Replay {
  stored: number
  duplicates: number
  refused: { id: string; code: string }[]
}
