// Every route as its callers see it: who may call, with what, and what comes back. Requests are told by the schemas that the
// routes themselves check with. A test compares the list with the routes that are there.
import { z } from 'zod'
import { contentFieldsSchema, namedContentSchema } from '../catalog/content-schema'
import type { RefusalCode } from '../errors'
import { batchSchema, envelopeSchema, eventSchema } from '../ingest/batch-schema'
import { dimensionNames } from '../day-tally'
import { shareSchema } from '../shares/share-routes'
import { questionSchemas, trendingSchema } from '../stats/stats-query'
import { exportQuerySchema } from '../transfer/export-route'
import { replayQuerySchema } from '../trust/trust-routes'
import { recentViewsQuerySchema } from '../viewers/recent-views-routes'
import type { AnswerName } from './answers'

/** Whose credentials open a route: any one of those listed. */
export type Credential = 'nobody' | 'user' | 'share' | 'anonymousId' | 'admin' | 'metrics'

/** What comes back with one status: a component of answers.ts, a text of another kind, or nothing. */
export type Told = AnswerName | { mediaType: string; description: string } | 'nothing'

export interface Operation {
  summary: string
  detail?: string
  tag: 'Events' | 'Catalogue' | 'Statistics' | 'Viewers' | 'Operation' | 'Tests'
  /** In the order of the usual case. `nobody` means that it may be called without any. */
  credentials: readonly Credential[]
  query?: z.ZodObject
  /** Component of {@link bodies}. */
  body?: BodyName
  bodyIsOptional?: true
  answers: { readonly [status: number]: Told }
  /** Beside those that every route can give. */
  refusals: readonly RefusalCode[]
  /** Values of a call that works: parameters of the path, query, body. */
  example?: { path?: Record<string, string>; query?: Record<string, string>; body?: unknown }
}

/** Refusals that any route can give, whatever it does. */
export const everywhere: readonly RefusalCode[] = [
  'bad_request',
  'timeout',
  'headers_too_large',
  'internal',
  'unavailable',
]

const tokenRefusals = [
  'token_invalid',
  'link_not_valid',
  'token_unexpected',
  'too_many_attempts',
  'keys_unavailable',
] as const
const guarded = ['token_missing', 'not_allowed', ...tokenRefusals] as const
const jsonRefusals = [
  'invalid_json',
  'forbidden_key',
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
] as const
const ingest = [
  'not_allowed',
  ...tokenRefusals,
  ...jsonRefusals,
  'origin_not_allowed',
  'rate_limited',
  'overloaded',
  'starting',
] as const
const personal = [...guarded, 'starting'] as const

const { token, anonymousId, sentAt } = envelopeSchema.shape
const sender = { token, anonymousId, sentAt }
const { type: _type, content: _content, ...viewFields } = eventSchema.shape
const { id, occurredAt, sessionId, referrer, metadata } = eventSchema.shape

/** Bodies of requests: components of the description, by name. */
export const bodies = {
  Event: eventSchema,
  Batch: batchSchema,
  EventOrBatch: z.union([batchSchema, eventSchema]),
  PageView: z.object({
    path: z.string().describe('A path such as "/about", or a web address.'),
    referrer,
    id,
    occurredAt,
    sessionId,
    metadata,
    ...sender,
  }),
  View: z.object({ ...viewFields, ...sender }),
  ContentFields: contentFieldsSchema,
  ShareWish: shareSchema,
  Contents: z.union([z.array(namedContentSchema), z.object({ contents: z.array(namedContentSchema) })]),
} as const

export type BodyName = keyof typeof bodies

const moderators = ['admin', 'user'] as const
const readers = ['admin', 'user', 'share'] as const
const reel = { type: 'reel', id: '9' }
const uuidExample = '019cd4f3-8bdc-7abc-8def-0123456789ab'

function statistics(summary: string, answer: AnswerName, query: z.ZodObject, more: Partial<Operation> = {}): Operation {
  return {
    summary,
    tag: 'Statistics',
    credentials: moderators,
    query,
    answers: { 200: answer, 304: 'nothing' },
    example: { query: { days: '7' } },
    ...more,
    refusals: ['invalid_query', ...guarded, ...(more.refusals ?? [])],
  }
}

/** By method and path, as the router writes them. */
export const operations: Record<string, Operation> = {
  'POST /v1/events': {
    summary: 'Stores one event, or a batch of them.',
    detail:
      'The answer comes after the commit. An id is stored once, so sending again is always safe. 400 with the same body as 200 means that every event was refused.',
    tag: 'Events',
    credentials: ['nobody', 'user', 'admin'],
    body: 'EventOrBatch',
    answers: { 200: 'IngestResult', 400: 'IngestResult' },
    refusals: ['invalid_envelope', 'unsupported_version', 'empty_batch', 'too_many_events', ...ingest],
    example: { body: { events: [{ id: uuidExample, type: 'like', content: reel, source: 'feed' }] } },
  },
  'POST /v1/page-views': {
    summary: 'Stores one page view, for callers without the SDK.',
    tag: 'Events',
    credentials: ['nobody', 'user', 'admin'],
    body: 'PageView',
    answers: { 204: 'nothing' },
    refusals: ['invalid_view', 'invalid_envelope', 'unknown_content', ...ingest],
    example: { body: { path: '/about', referrer: 'https://www.example.com/' } },
  },
  'POST /v1/content/:type/:id/views': {
    summary: 'Stores one view of a content, for callers without the SDK.',
    detail:
      '201 when it counts, 200 when it does not, 404 when the content is unknown to a strict catalogue or private.',
    tag: 'Events',
    credentials: ['nobody', 'user', 'admin'],
    body: 'View',
    bodyIsOptional: true,
    answers: { 200: 'ViewAnswer', 201: 'ViewAnswer' },
    refusals: ['invalid_view', 'invalid_envelope', 'unknown_content', ...ingest],
    example: { path: reel, body: { durationMs: 4_200, source: 'feed' } },
  },

  'PUT /v1/content/:type/:id': {
    summary: 'Registers a content, or replaces what is registered.',
    tag: 'Catalogue',
    credentials: ['admin'],
    body: 'ContentFields',
    answers: { 200: 'CatalogEntry', 201: 'CatalogEntry' },
    refusals: ['invalid_content', ...guarded, ...jsonRefusals, 'starting'],
    example: { path: reel, body: { ownerId: 'ada', durationMs: 15_000, title: 'Sunrise' } },
  },
  'POST /v1/content': {
    summary: 'Registers a list of contents; a bad one fails alone.',
    tag: 'Catalogue',
    credentials: ['admin'],
    body: 'Contents',
    answers: { 200: 'BulkAnswer', 400: 'BulkAnswer' },
    refusals: ['invalid_content', 'too_many_contents', ...guarded, ...jsonRefusals, 'starting'],
    example: { body: { contents: [{ ...reel, title: 'Sunrise' }] } },
  },
  'GET /v1/content/:type/:id': {
    summary: 'Tells what the catalogue holds about a content.',
    tag: 'Catalogue',
    credentials: ['admin'],
    answers: { 200: 'CatalogEntry' },
    refusals: ['invalid_content', 'unknown_content', 'unsupported_encoding', ...guarded, 'starting'],
    example: { path: reel },
  },
  'GET /v1/content/:type/:id/stats': statistics(
    'Totals, viewers, days, breakdowns and watches of one content.',
    'ContentStats',
    questionSchemas.content,
    {
      credentials: readers,
      refusals: ['unknown_content'],
      detail: "Also for the content's owner, and with a share link to it.",
      example: { path: reel },
    },
  ),
  'GET /v1/content/:type/:id/distributions': statistics(
    'How long the views of one content were, and how far they scrolled.',
    'ContentDistributions',
    questionSchemas.distributions,
    {
      credentials: readers,
      refusals: ['unknown_content'],
      detail:
        "From single events alone, so of the days that they are kept for. Also for the content's owner, and with a share link to it.",
      example: { path: reel },
    },
  ),
  'GET /v1/content/:type/:id/positions': statistics(
    'Click-through of one content by source and position.',
    'ContentPositions',
    questionSchemas.contentPositions,
    {
      credentials: readers,
      refusals: ['unknown_content'],
      detail:
        "From single events alone, so of the days that they are kept for. Also for the content's owner, and with a share link to it.",
      example: { path: reel },
    },
  ),
  'DELETE /v1/content/:type/:id': {
    summary: "Forgets a content's rules; its events and its name stay.",
    tag: 'Catalogue',
    credentials: ['admin'],
    answers: { 204: 'nothing' },
    refusals: [
      'invalid_content',
      'unknown_content',
      'unsupported_media_type',
      'unsupported_encoding',
      ...guarded,
      'starting',
    ],
    example: { path: reel },
  },

  'GET /v1/stats/site': statistics('Totals of everything.', 'SiteStats', questionSchemas.stats, {
    credentials: readers,
  }),
  'GET /v1/stats/series': statistics('Every day of everything.', 'SiteSeries', questionSchemas.stats, {
    credentials: readers,
  }),
  'GET /v1/stats/breakdown/:dimension': statistics(
    'Events by the values of one dimension.',
    'SiteBreakdown',
    questionSchemas.breakdown,
    {
      credentials: readers,
      refusals: ['not_found'],
      example: { path: { dimension: 'device' }, query: { type: 'like' } },
    },
  ),
  'GET /v1/stats/top': statistics('Content with most of something.', 'TopContent', questionSchemas.top, {
    credentials: readers,
    example: { query: { by: 'likes', limit: '3' } },
  }),
  'GET /v1/stats/durations': statistics('Lengths of views and watches.', 'Durations', questionSchemas.durations),
  'GET /v1/stats/engagement': statistics('What signed-in users did.', 'Engagement', questionSchemas.engagement),
  'GET /v1/stats/positions': statistics(
    'Click-through by source and position.',
    'Positions',
    questionSchemas.positions,
  ),
  'GET /v1/stats/hours': statistics('When in the week.', 'HoursOfWeek', questionSchemas.stats),
  'GET /v1/stats/retention': statistics('Who came back, by first day.', 'Retention', questionSchemas.retention),
  'GET /v1/stats/compare': statistics('Variants of a test side by side.', 'Comparison', questionSchemas.compare),
  'GET /v1/trending': {
    summary: 'Public content on the rise.',
    tag: 'Statistics',
    credentials: ['nobody'],
    query: trendingSchema,
    answers: { 200: 'Trending', 304: 'nothing' },
    refusals: ['invalid_query'],
    example: { query: { limit: '5' } },
  },
  'GET /v1/live': {
    summary: 'Counters as they happen, as server-sent events.',
    tag: 'Statistics',
    credentials: moderators,
    answers: { 200: { mediaType: 'text/event-stream', description: 'A stream without an end.' } },
    refusals: ['too_many_listeners', ...guarded],
  },
  'GET /v1/now': {
    summary: 'How many viewers there were in the last five minutes.',
    tag: 'Statistics',
    credentials: moderators,
    answers: { 200: 'Now' },
    refusals: ['starting', ...guarded],
    example: {},
  },
  'POST /v1/shares': {
    summary: 'Makes a link that shows one page of the dashboard to whoever has it.',
    detail:
      'The token is told only in this answer. The link is the address of the dashboard with `#share=` and the token behind it; as a bearer token it opens the questions of that page and nothing else.',
    tag: 'Operation',
    credentials: moderators,
    body: 'ShareWish',
    answers: { 201: 'MadeShare' },
    refusals: ['invalid_share', 'unknown_content', ...guarded, ...jsonRefusals, 'starting'],
    example: { body: { scope: 'overview', name: 'For the board', expiresInDays: 30 } },
  },
  'GET /v1/shares': {
    summary: 'Lists the links, without their tokens.',
    tag: 'Operation',
    credentials: moderators,
    answers: { 200: 'ShareList' },
    refusals: ['unsupported_encoding', ...guarded, 'starting'],
    example: {},
  },
  'DELETE /v1/shares/:id': {
    summary: 'Revokes a link: it opens nothing from then on.',
    tag: 'Operation',
    credentials: moderators,
    answers: { 204: 'nothing' },
    refusals: ['not_found', 'unsupported_media_type', 'unsupported_encoding', ...guarded, 'starting'],
  },
  'GET /v1/export': {
    summary: 'All events, streamed.',
    tag: 'Operation',
    credentials: ['admin'],
    query: exportQuerySchema,
    answers: { 200: { mediaType: 'application/x-ndjson', description: 'One event a line; CSV with `format=csv`.' } },
    refusals: ['invalid_query', 'too_many_exports', ...guarded],
    example: { query: { format: 'ndjson' } },
  },

  'GET /v1/me/recently-viewed': {
    summary: 'What this user looked at lately, newest first.',
    tag: 'Viewers',
    credentials: ['user'],
    query: recentViewsQuerySchema,
    answers: { 200: 'RecentViewsPage' },
    refusals: ['invalid_query', ...personal],
    example: { query: { perPage: '10' } },
  },
  'DELETE /v1/me/recently-viewed/:type/:id': {
    summary: 'Takes one content off the list.',
    tag: 'Viewers',
    credentials: ['user'],
    answers: { 204: 'nothing' },
    refusals: ['unsupported_media_type', ...personal],
    example: { path: reel },
  },
  'DELETE /v1/me/recently-viewed': {
    summary: 'Empties the list.',
    tag: 'Viewers',
    credentials: ['user'],
    answers: { 204: 'nothing' },
    refusals: ['unsupported_media_type', ...personal],
    example: {},
  },
  'GET /v1/me/opt-out': {
    summary: 'Whether this person is measured.',
    tag: 'Viewers',
    credentials: ['user', 'anonymousId'],
    answers: { 200: 'OptOut' },
    refusals: personal,
    example: {},
  },
  'PUT /v1/me/opt-out': {
    summary: 'Stops measuring this person.',
    tag: 'Viewers',
    credentials: ['user', 'anonymousId'],
    answers: { 200: 'OptOut' },
    refusals: ['unsupported_media_type', ...personal],
    example: {},
  },
  'DELETE /v1/me/opt-out': {
    summary: 'Measures this person again.',
    tag: 'Viewers',
    credentials: ['user', 'anonymousId'],
    answers: { 200: 'OptOut' },
    refusals: ['unsupported_media_type', ...personal],
    example: {},
  },
  'GET /v1/me/export': {
    summary: 'Everything that is kept about this person.',
    tag: 'Viewers',
    credentials: ['user', 'anonymousId'],
    answers: {
      200: { mediaType: 'application/x-ndjson', description: 'Lines with a `kind`; the last one is `end`.' },
    },
    refusals: personal,
    example: {},
  },
  'DELETE /v1/me': {
    summary: 'Asks for this person to be erased.',
    tag: 'Viewers',
    credentials: ['user', 'anonymousId'],
    answers: { 202: 'Receipt' },
    refusals: ['unsupported_media_type', ...personal],
    example: {},
  },
  'GET /v1/erasures/:receipt': {
    summary: 'How far an erasure is. The receipt itself is the key.',
    tag: 'Viewers',
    credentials: ['nobody'],
    answers: { 200: 'Receipt' },
    refusals: ['not_found', 'too_many_attempts', 'starting'],
  },
  'GET /v1/users/:id/export': {
    summary: 'Everything that is kept about a user, for an admin.',
    tag: 'Viewers',
    credentials: ['admin'],
    answers: {
      200: { mediaType: 'application/x-ndjson', description: 'Lines with a `kind`; the last one is `end`.' },
    },
    refusals: personal,
    example: { path: { id: 'ada' } },
  },
  'DELETE /v1/users/:id': {
    summary: 'Asks for a user to be erased, for an admin.',
    tag: 'Viewers',
    credentials: ['admin'],
    answers: { 202: 'Receipt' },
    refusals: ['unsupported_media_type', ...personal],
    example: { path: { id: 'ada' } },
  },

  'GET /healthz': {
    summary: 'Whether the process lives.',
    tag: 'Operation',
    credentials: ['nobody'],
    answers: { 200: 'Alive' },
    refusals: [],
    example: {},
  },
  'GET /readyz': {
    summary: 'Whether an event that comes now would be stored.',
    tag: 'Operation',
    credentials: ['nobody'],
    answers: { 200: 'Readiness', 503: 'Readiness' },
    refusals: [],
    example: {},
  },
  'GET /metrics': {
    summary: "Counts and gauges in Prometheus' text format.",
    tag: 'Operation',
    credentials: ['metrics', 'nobody'],
    answers: { 200: { mediaType: 'text/plain', description: "Prometheus' text format." } },
    refusals: ['token_missing', 'token_invalid'],
    example: {},
  },
  'GET /v1/session': {
    summary: 'What a token, or the cookie of the dashboard, opens.',
    tag: 'Operation',
    credentials: ['nobody', 'user', 'share', 'admin'],
    answers: { 200: 'Who' },
    refusals: tokenRefusals,
    example: {},
  },
  'POST /v1/session': {
    summary: 'Keeps the token in a cookie that opens the questions of the dashboard.',
    tag: 'Operation',
    credentials: ['nobody', 'user', 'share', 'admin'],
    answers: { 200: 'Who' },
    refusals: tokenRefusals,
    example: {},
  },
  'DELETE /v1/session': {
    summary: 'Takes the cookie away.',
    tag: 'Operation',
    credentials: ['nobody'],
    answers: { 204: 'nothing' },
    refusals: [],
    example: {},
  },
  'GET /v1/trust': {
    summary: 'What became of every event, what is missing, what it takes up, and the settings in force.',
    tag: 'Operation',
    credentials: ['admin'],
    answers: { 200: 'TrustReport' },
    refusals: ['starting', ...guarded],
    example: {},
  },
  'POST /v1/trust/dead-letters/replay': {
    summary: 'Stores dead letters again: all, or one.',
    tag: 'Operation',
    credentials: ['admin'],
    query: replayQuerySchema,
    answers: { 200: 'Replay' },
    refusals: ['invalid_query', 'starting', ...guarded],
    example: {},
  },
  'GET /v1/client-address': {
    summary: 'The address that the collector would use for this request.',
    tag: 'Operation',
    credentials: ['admin'],
    answers: { 200: 'SeenClient' },
    refusals: guarded,
    example: {},
  },
  'GET /openapi.json': {
    summary: 'This description.',
    tag: 'Operation',
    credentials: ['nobody'],
    answers: { 200: { mediaType: 'application/json', description: 'OpenAPI 3.1.' } },
    refusals: [],
    example: {},
  },
  'GET /docs': {
    summary: 'This description as a page.',
    tag: 'Operation',
    credentials: ['nobody'],
    answers: { 200: { mediaType: 'text/html', description: 'A page without scripts.' } },
    refusals: [],
    example: {},
  },

  'GET /_test/events': {
    summary: 'What is stored. Only with `--memory`.',
    tag: 'Tests',
    credentials: ['nobody'],
    answers: { 200: 'StoredEvents' },
    refusals: [],
    example: {},
  },
  'POST /_test/reset': {
    summary: 'Forgets what is stored. Only with `--memory`.',
    tag: 'Tests',
    credentials: ['nobody'],
    answers: { 204: 'nothing' },
    refusals: ['unsupported_media_type'],
    example: {},
  },
}

/** What a parameter of a path or an address means. */
export const parameterNotes: Record<string, string> = {
  type: 'Type of content; in statistics, type of event.',
  id: 'Id of the content, percent-encoded; under `/v1/users`, of the user; under `/v1/shares`, of the link.',
  dimension: `One of ${dimensionNames.join(', ')}.`,
  receipt: 'From the answer to the request to erase.',
  from: 'First day, inclusive; in an export, first instant.',
  to: 'Last day, inclusive; in an export, first instant that is left out.',
  days: 'So many days, today included. Not together with `from` and `to`.',
  audience: 'Whose events are counted.',
  timezone: 'IANA zone whose days are asked for, instead of the site’s.',
  cache: '`0` makes the answer anew.',
  by: 'What is ranked.',
  limit: 'Most items in the answer.',
  source: 'Only this source. In site statistics, as with every filter, empty for events that told none.',
  viewType: 'Only this type of view; empty for events that told none.',
  channel: 'Only this channel.',
  device: 'Only this kind of device.',
  country: 'Only this country; empty for events that told none.',
  referrer: 'Only this domain; empty for events that told none.',
  contentType: 'With `contentId`: only events about this content.',
  contentId: 'With `contentType`: only events about this content.',
  periods: 'Days that are followed after the first.',
  key: 'Key of metadata; one of `COMPARE_KEYS`.',
  event: 'Type of event that is counted …',
  per: '… per event of this type.',
  format: 'Format of the lines.',
  page: '1-based. Not together with `cursor`.',
  perPage: 'Items of a page.',
  cursor: '`nextCursor` of an answer.',
  fields: 'Fields of each item, by comma.',
}
