// The treaty between browser and collector: the shapes that travel and the limits both sides keep. Imports nothing.

/** Version of the batch format. It changes only when an older collector could misread a newer batch. */
export const WIRE_VERSION = 1

/** Event types with a meaning of their own. Any other name that matches {@link EVENT_TYPE_PATTERN} is a custom event. */
export const BUILT_IN_EVENT_TYPES = ['impression', 'view', 'watch', 'click', 'like', 'share', 'page_view'] as const

export type BuiltInEventType = (typeof BUILT_IN_EVENT_TYPES)[number]

/** Shape of an event type: a lower-case letter, then at most 63 lower-case letters, digits or underscores. */
export const EVENT_TYPE_PATTERN = /^[a-z][a-z0-9_]{0,63}$/

/** Shape of a content type: a letter, then at most 63 letters, digits, `_`, `-` or `.`; no colon, which ends it in `post:42`. */
export const CONTENT_TYPE_PATTERN = /^[A-Za-z][\w.-]{0,63}$/

/** What the collector accepts from a browser by default. Larger requests are refused whole with 413. */
export const wireLimits = {
  /** Events in one batch. */
  maxBatchEvents: 100,
  /** UTF-8 bytes of one request body. */
  maxBatchBytes: 262_144,
  /** UTF-8 bytes of one event, serialised. A larger event is refused alone as `event_too_large`. */
  maxEventBytes: 16_384,
  /** Characters of a content id. A page's id is its path. Longer ids are refused: cutting one would merge two contents. */
  maxContentIdLength: 2_048,
  /** Characters of a path or a referrer. The rest is cut off at a code point. */
  maxUrlLength: 2_048,
  /** Characters of `source` and `viewType`. The rest is cut off at a code point. */
  maxLabelLength: 128,
  /** Characters of one string inside `metadata`. The rest is cut off at a code point. */
  maxMetadataStringLength: 1_024,
  /** Levels of nesting inside `metadata`; a flat object has one. */
  maxMetadataDepth: 4,
  /** Keys of all objects inside `metadata` together. */
  maxMetadataKeys: 64,
  /** Values of any kind inside `metadata` together. */
  maxMetadataNodes: 512,
} as const

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

export type Metadata = Record<string, JsonValue>

/** A thing that can be seen: `{ type: 'post', id: '42' }`. A page is `{ type: 'page', id: path }`. */
export interface ContentRef {
  /** Kind of content; matches {@link CONTENT_TYPE_PATTERN}. */
  type: string
  /** Your own id of it, at most {@link wireLimits.maxContentIdLength} characters. */
  id: string
}

/** Why an impression was counted: by area, against the viewport because it is larger, or because it was clicked. */
export type SeenRule = 'area' | 'oversize' | 'interaction'

/** What ended a view or a watch: the reason its stretch of time stopped. Only a watch can have `ended` by itself. */
export type ViewEndReason =
  | 'left'
  | 'hidden'
  | 'pagehide'
  | 'frozen'
  | 'removed'
  | 'recycled'
  | 'route'
  | 'session'
  | 'untracked'
  | 'closed'
  | 'ended'

/** One event as it travels. Everything but `type` may be left out by callers that are not the SDK. */
export interface WireEvent {
  /** UUID made once at capture and kept over every retry; the collector stores an id once. Version 7 is best. */
  id?: string | undefined
  /** A built-in type or a custom name; matches {@link EVENT_TYPE_PATTERN}. */
  type: string
  /** Wall clock at capture, in milliseconds since 1970. Never changes over retries. */
  occurredAt?: number | undefined
  /** UUID of the browser session. */
  sessionId?: string | undefined
  /** Number of this event in its session, from 0 up without a gap. */
  seq?: number | undefined
  content?: ContentRef | undefined
  /** Where in the product it happened: `feed`, `search`, `profile` … */
  source?: string | undefined
  /** How the content came on screen: `intentional`, `listing`, `search`, `widget` … */
  viewType?: string | undefined
  /** 0-based place in the list named by `source`. */
  position?: number | undefined
  /** Address of the page the visitor came from, without query, fragment and user info. */
  referrer?: string | undefined
  /** Length of a view or a watch, in milliseconds. */
  durationMs?: number | undefined
  /** Deepest part of the content that was on screen, in percent from 0 to 100. */
  scrollDepth?: number | undefined
  /** Impression: share of the area that was on screen when it was counted, from 0 to 1. */
  ratio?: number | undefined
  /** Impression: the rule it was counted by. */
  rule?: SeenRule | undefined
  /** Impression: the criteria it was counted by, which the MRC asks to disclose. */
  criteria?:
    | {
        threshold: number
        minDurationMs: number
        /** Stretches on screen were added up. */
        accumulate?: boolean | undefined
        /** Of an element of at least so many pixels, this share was enough. */
        largeArea?: { areaPx: number; threshold: number } | undefined
      }
    | undefined
  /** Impression: milliseconds between the deadline and the fresh sample that confirmed it. */
  confirmLagMs?: number | undefined
  /** View: all stretches of this content in its dedupe scope so far, in milliseconds. */
  totalMs?: number | undefined
  /** View: milliseconds taken out of the stretch because the page stood still. */
  stallMs?: number | undefined
  /** View, watch: what ended the stretch. */
  endReason?: ViewEndReason | undefined
  /** Watch: length of the media, in milliseconds. */
  mediaDurationMs?: number | undefined
  /** Watch: whether the media was played to its end. */
  completed?: boolean | undefined
  /** Watch: playing time in picture-in-picture, in milliseconds; no part of `durationMs`. */
  pipMs?: number | undefined
  metadata?: Metadata | undefined
}

/** Why an event never left the browser. */
export type DropReason =
  | 'consent'
  | 'sampled'
  | 'before_send'
  | 'duplicate'
  | 'invalid'
  | 'too_large'
  | 'queue_full'
  | 'expired'
  | 'rejected'
  | 'storage'

/** Dropped events by reason. */
export type DropCounts = Partial<Record<DropReason, number>>

/** The body of `POST /v1/events`. A single event may be sent without the envelope. */
export interface Batch {
  /** {@link WIRE_VERSION} of the sender. */
  v?: number | undefined
  /** Wall clock of the sender when this request left, in milliseconds since 1970; corrects a wrong clock. */
  sentAt?: number | undefined
  /** Name and version of the sender: `web/0.1.0`. */
  sdk?: string | undefined
  /** Id that the browser keeps over visits, only where the site turned it on. */
  anonymousId?: string | undefined
  /** User token at page exit, when no header can be sent. */
  token?: string | undefined
  /** Events that the browser dropped since the last delivered batch. */
  drops?: DropCounts | undefined
  events: WireEvent[]
}

/** Why one event of a batch was refused. It is not sent again. */
export interface EventError {
  /** 0-based place in `events`. */
  index: number
  /** The event's id, if it had a readable one. */
  id?: string | undefined
  /** Stable code, for programs. */
  code: string
  /** One sentence: what was expected, what came. For people. */
  message: string
}

/** Answer of `POST /v1/events`: `events.length = tracked + duplicates + all of dropped + refused`. */
export interface IngestResult {
  /** `true` when no event was refused. */
  success: boolean
  /** Events stored now. */
  tracked: number
  /** Events that were stored before; sending again is always safe. */
  duplicates: number
  /** Events left out by a rule of the site, by reason: `opted_out`, `private` … */
  dropped: Record<string, number>
  /** Refused events, at most 100 of them. */
  errors: EventError[]
}
