// What a site may choose, what it gets otherwise, and what is wrong with a choice.
import { KEEPALIVE_BUDGET_BYTES } from './deliver/budget'
import type { TrackerTransport } from './deliver/transport'
import type { LargeArea } from './observe/viewable'
import type { Insets } from './observe/viewport'
import type { TrackerStorage } from './storage'
import type { Dedupe } from './subject'
import { type Batch, type DropReason, type WireEvent, wireLimits } from './wire'

/**
 * `granted` records and sends. `pending` records into memory and waits: no request, nothing stored. `denied` drops
 * everything, and removes what was stored.
 */
export type Consent = 'pending' | 'granted' | 'denied'

/** Options of recording and sending: all that a tracker without a viewport has. */
export interface DeliveryOptions {
  /** Address of the collector: `https://collect.example.com`, or a path on your own site. Events go to `/v1/events` below it. */
  endpoint: string
  /** Longest time an event waits before a flush, in milliseconds. `0` flushes after every event. @default 5_000 */
  flushIntervalMs?: number | undefined
  /** Events in one request, from 1 to 100. So many waiting events cause a flush. @default 20 */
  maxBatchEvents?: number | undefined
  /** UTF-8 bytes of one request, from 1,024 to 60,000. So many waiting bytes cause a flush; a larger event travels alone. @default 16_384 */
  maxBatchBytes?: number | undefined
  /** Events that wait at most, from 1 up. The oldest is dropped as `queue_full`. @default 1_000 */
  maxQueueEvents?: number | undefined
  /** UTF-8 bytes that wait at most, from 1,024 up. The oldest event is dropped as `queue_full`. @default 524_288 */
  maxQueueBytes?: number | undefined
  /** UTF-8 bytes of one event, from 1,024 up. A larger one is dropped as `too_large`. @default 32_768 */
  maxEventBytes?: number | undefined
  /** Age at which an undelivered event is dropped as `expired`, in milliseconds from 1 up. @default 86_400_000 */
  maxEventAgeMs?: number | undefined
  /**
   * How often one content counts as seen: once a browser `'session'`, once a `'page'` view, once in `{ windowMs }`
   * milliseconds, or with `false` each time it comes on screen.
   *
   * @default 'session'
   */
  dedupe?: Dedupe | undefined
  /** What the visitor has decided so far. @default 'granted' */
  consent?: Consent | undefined
  /** Treat the browser's Global Privacy Control as `denied`, whatever `consent` says. @default true */
  respectGpc?: boolean | undefined
  /** Treat the browser's Do Not Track as `denied`, whatever `consent` says. @default false */
  respectDnt?: boolean | undefined
  /** Share of the sessions that is recorded, from 0 to 1; the others are dropped as `sampled`, each of them whole. @default 1 */
  sampleRate?: number | undefined
  /** Give the browser an id of its own that stays over visits. @default false */
  anonymousId?: boolean | undefined
  /**
   * Where the session, what was seen, and events that are not delivered yet survive the page: with `'memory'` nowhere. An
   * object is asked synchronously.
   *
   * @default 'localStorage'
   */
  storage?: 'localStorage' | 'memory' | TrackerStorage | undefined
  /**
   * The user's token, which the collector verifies. Asked at the start, and again when the collector refuses it. Nothing is
   * sent before the answer. Travels in the body, is never stored. @default none
   */
  token?: (() => string | null | Promise<string | null>) | undefined
  /**
   * Sees every event before it is queued: returns it, changed or not, or `null` to drop it. Synchronous, so that it also
   * works while the page closes. `id`, `occurredAt`, `sessionId` and `seq` cannot be changed. @default none
   */
  beforeSend?: ((event: WireEvent) => WireEvent | null) | undefined
  /**
   * Writes another body, for an endpoint that is no collector: `endpoint` is then its whole address, cookies go along to
   * the own site, and any 2xx means done. `null` sends nothing and counts as delivered. Synchronous. @default none
   */
  encode?: ((batch: Batch) => string | Blob | null) | undefined
  /** Another way to the endpoint than `fetch` and `sendBeacon`. @default none */
  transport?: TrackerTransport | undefined
  /** Is told which events were dropped and why. @default none */
  onDrop?: ((reason: DropReason, events: WireEvent[]) => void) | undefined
  /** Say on `console.debug`, or to a function, why something is not counted or not sent. @default false */
  debug?: boolean | ((sentence: string, ...details: object[]) => void) | undefined
}

/** Everything a tracker can be told. Only `endpoint` is required. */
export interface TrackerOptions extends DeliveryOptions {
  /** Share of an element's area that must be on screen, from 0 (any of it) to 1 (all of it). @default 0.5 */
  threshold?: number | undefined
  /** How long it must be on screen without a break, in milliseconds. `0` counts as soon as it was measured. @default 1_000 */
  minDurationMs?: number | undefined
  /** Add up the stretches on screen until they are long enough, instead of asking for one without a break. @default false */
  accumulate?: boolean | undefined
  /**
   * A smaller share is enough of a large element: `{ areaPx, threshold }`, its area on screen or not. `true` is what the
   * Media Rating Council allows for large ads, 30 % from 242,500 pixels on.
   *
   * @default false
   */
  largeArea?: boolean | LargeArea | undefined
  /**
   * Length from which a stretch on screen is told as a `view` although the content was not seen, in milliseconds. `0`
   * tells every glimpse. Left out, it is `minDurationMs`.
   *
   * @default none
   */
  minViewMs?: number | undefined
  /** Count no time while the window has not got the focus, although it can be seen. @default false */
  requireFocus?: boolean | undefined
  /** Edges of the viewport that something else covers, in pixels: `{ top: 64 }` for a sticky header. @default {} */
  insets?: Insets | undefined
  /**
   * Record a `page_view` at the start and at every change of the path. With `'path+search'` the query is part of what
   * makes a page; the fragment never is.
   *
   * @default true
   */
  autoPage?: boolean | 'path+search' | undefined
}

export const defaultDeliveryOptions = {
  flushIntervalMs: 5_000,
  maxBatchEvents: 20,
  maxBatchBytes: 16_384,
  maxQueueEvents: 1_000,
  maxQueueBytes: 524_288,
  maxEventBytes: 32_768,
  maxEventAgeMs: 86_400_000,
  dedupe: 'session',
  consent: 'granted',
  respectGpc: true,
  respectDnt: false,
  sampleRate: 1,
  anonymousId: false,
  storage: 'localStorage',
  debug: false,
} as const satisfies Omit<DeliveryOptions, 'endpoint'>

export const defaultOptions = {
  ...defaultDeliveryOptions,
  threshold: 0.5,
  minDurationMs: 1_000,
  accumulate: false,
  largeArea: false,
  requireFocus: false,
  insets: {},
  autoPage: true,
} as const satisfies Omit<TrackerOptions, 'endpoint' | 'beforeSend' | 'onDrop'>

/** Options with every default filled in. */
export type Resolved<Options extends DeliveryOptions> = {
  [Name in Extract<keyof Options, keyof typeof defaultOptions>]-?: Exclude<Options[Name], undefined>
} & Omit<Options, keyof typeof defaultOptions>

/** @throws TypeError with one sentence that says what was expected, at the first wrong or unknown option. */
export function resolveOptions<Options extends DeliveryOptions>(
  options: Options,
  rules: Record<string, Rule>,
  defaults: object,
): Resolved<Options> {
  const resolved: Record<string, unknown> = { ...defaults }
  const names = Object.keys(rules)
  const given: Partial<TrackerOptions> = options
  for (const [name, value] of Object.entries({ endpoint: undefined, ...given })) {
    // Only the endpoint cannot be left out.
    const isLeftOut = value === undefined && name !== 'endpoint'
    let wrong = ''
    if (!names.includes(name)) wrong = `one of the options ${names.join(', ')}, got ${name}`
    else if (!isLeftOut) wrong = findWrong(name, (resolved[name] = value), rules[name]!)
    if (wrong) throw new TypeError(`createTracker(): expected ${wrong}.`)
  }
  return resolved as unknown as Resolved<Options>
}

/** What is wrong with a value, for a sentence that begins with "expected"; empty when it is right. */
export function findWrong(name: string, value: unknown, [expected, accepts]: Rule): string {
  if (accepts(value)) return ''
  const came = typeof value === 'string' ? `"${value}"` : String(value)
  const unit = name.endsWith('Ms') ? ' of milliseconds' : name.endsWith('Bytes') ? ' of bytes' : ''
  return `${name} to be ${expected.replace('number', `$&${unit}`)}, got ${came} (${typeof value})`
}

export type Rule = readonly [expected: string, accepts: (value: unknown) => boolean]

const from = (min: number, max = Infinity): Rule => [
  `a number from ${min} ${max < Infinity ? `to ${max}` : 'up'}`,
  (value) => Number.isFinite(value) && (value as number) >= min && (value as number) <= max,
]

const oneOf = (...choices: unknown[]): Rule => [
  choices.map((choice) => JSON.stringify(choice)).join(' or '),
  (value) => choices.includes(value),
]

const yesOrNo = oneOf(true, false)
const aFunction: Rule = ['a function', (value) => typeof value === 'function']

const isMadeOf = (value: unknown, ...names: string[]) =>
  names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function')

export const consentRule = () => oneOf('pending', 'granted', 'denied')

/** Functions instead of tables, so that a bundle holds only the rules that it needs. */
export const deliveryRules = (): { readonly [Name in keyof DeliveryOptions]-?: Rule } => ({
  endpoint: [
    'an address such as https://collect.example.com or /collect',
    (value) => /^(https?:\/)?\/[^/]/.test(String(value)),
  ],
  flushIntervalMs: from(0),
  maxBatchEvents: from(1, wireLimits.maxBatchEvents),
  maxBatchBytes: from(1_024, KEEPALIVE_BUDGET_BYTES),
  maxQueueEvents: from(1),
  maxQueueBytes: from(1_024),
  maxEventBytes: from(1_024),
  maxEventAgeMs: from(1),
  dedupe: [
    '"session" or "page" or { windowMs } or false',
    (value) =>
      ['session', 'page', false].includes(value as string) ||
      from(0)[1]((value as { windowMs?: unknown } | null)?.windowMs),
  ],
  consent: consentRule(),
  respectGpc: yesOrNo,
  respectDnt: yesOrNo,
  sampleRate: from(0, 1),
  anonymousId: yesOrNo,
  storage: [
    '"localStorage" or "memory" or { get, set, remove, keys }',
    (value) => value === 'localStorage' || value === 'memory' || isMadeOf(value, 'get', 'set', 'remove', 'keys'),
  ],
  token: aFunction,
  beforeSend: aFunction,
  encode: aFunction,
  transport: ['{ send }', (value) => isMadeOf(value, 'send')],
  onDrop: aFunction,
  debug: ['true or false or a function', (value) => /oo|fu/.test(typeof value)],
})

export const trackerRules = (): { readonly [Name in keyof TrackerOptions]-?: Rule } => ({
  ...deliveryRules(),
  threshold: from(0, 1),
  minDurationMs: from(0),
  accumulate: yesOrNo,
  largeArea: [
    'true or false or { areaPx, threshold }',
    (value) => yesOrNo[1](value) || (from(0)[1](Object(value).areaPx) && from(0, 1)[1](Object(value).threshold)),
  ],
  minViewMs: from(0),
  requireFocus: yesOrNo,
  insets: [
    'pixels from 0 up for any of top, right, bottom and left',
    (value) => typeof value === 'object' && Object.values(value ?? { top: value }).every((px) => from(0)[1](px ?? 0)),
  ],
  autoPage: oneOf(true, false, 'path+search'),
})
