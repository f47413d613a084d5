// Record and deliver without a viewport: the road of an event from track() to the collector. The only file beside
// tracker.ts that knows the order of the rooms.
import { attempt } from './attempt'
import { createCourier } from './deliver/courier'
import { createFlusher } from './deliver/flush'
import { openKeep } from './deliver/keep'
import { createPause } from './deliver/retry'
import { openTransport } from './deliver/transport'
import { createIdMaker, isUuid } from './id'
import { addCounts, noStats, openLedger, type TrackerStats } from './ledger'
import { type Consent, consentRule, type DeliveryOptions, findWrong, type Resolved } from './options'
import type { Page } from './page'
import { createSeenContents, type SeenContents } from './record/dedupe'
import { createRecorder, type RecordEvent } from './record/recorder'
import { createSessions } from './record/session'
import { type SealedEvent, unseal } from './seal'
import { openStore } from './storage'
import type { Content } from './subject'
import type { BuiltInEventType, DropCounts } from './wire'

/** Your own event types and the metadata of each, as an interface or a type: `{ signup: { plan: string } }`. */
export type EventMap = object

/** What an event may say beside its type. A field that the collector would not take is left out. */
export interface TrackFields {
  content?: Content | undefined
  /** Where in the product it happened: `feed`, `search`, `profile` … At most 128 characters. */
  source?: string | undefined
  /** 0-based place in the list named by `source`. */
  position?: number | undefined
  /** Length, in milliseconds. */
  durationMs?: number | undefined
  /** Deepest part that was on screen, in percent from 0 to 100. */
  scrollDepth?: number | undefined
  /** How the content came on screen: `intentional`, `listing`, `search`, `widget` … At most 128 characters. */
  viewType?: string | undefined
  /** Address that the visitor came from. Query, fragment and user info are cut off. */
  referrer?: string | undefined
  /**
   * Anything of your own: at most 64 keys, 512 values, 4 levels and 1,024 characters in a text. Copied at once. Dates
   * become ISO strings, BigInts and errors their text; functions, DOM nodes, circles and properties that throw are left
   * out.
   */
  metadata?: object | undefined
}

type CustomType<Events> = [keyof Events] extends [never] ? string : Extract<keyof Events, string>

type FieldsOf<Events, Type> = Type extends keyof Events
  ? object extends Events[Type]
    ? [fields?: Omit<TrackFields, 'metadata'> & { metadata?: Events[Type] | undefined }]
    : [fields: Omit<TrackFields, 'metadata'> & { metadata: Events[Type] }]
  : [fields?: TrackFields]

export type { TrackerStats } from './ledger'

/** What a flush did. */
export interface FlushResult {
  /** Events that the collector has stored since the call. */
  delivered: number
  /** Events that still wait: for consent, for the collector, for the network. Nothing is lost. */
  queued: number
  /** Events that were dropped since the call, by reason. */
  dropped: DropCounts
}

/** Its methods never throw and may be passed around on their own. After `close()`, and on a server, they do nothing. */
export interface EventTracker<Events extends EventMap = EventMap> {
  /**
   * Records an event: `impression view watch click like share page_view`, or a name of your own that matches
   * `^[a-z][a-z0-9_]{0,63}$`. `createTracker<MyEvents>()` checks the metadata of your own types.
   */
  track<Type extends BuiltInEventType | CustomType<Events>>(type: Type, ...fields: FieldsOf<Events, Type>): void
  /** The visitor has decided. */
  setConsent(consent: Consent): void
  /** Sends what waits, now. Only a `Retry-After` of the collector is still waited for, and nothing is ever dropped by it. */
  flush(): Promise<FlushResult>
  stats(): TrackerStats
  /** Sends what is left and removes every listener, observer and timer. */
  close(): void
}

const nothing = () => {}

/** What a server gets. */
export const idleEventTracker: EventTracker = {
  track: nothing,
  setConsent: nothing,
  flush: () => Promise.resolve({ delivered: 0, queued: 0, dropped: {} }),
  stats: noStats,
  close: nothing,
}

export interface Core {
  tracker: EventTracker
  record: RecordEvent
  seen: SeenContents
  /** Says why something did not happen, where the site wants to know. */
  explain(sentence: string, ...details: object[]): void
  /** Runs what the page asked for; nothing of ours may break it. */
  guard<Result>(act: () => Result): Result | undefined
  /** The same, as long as the tracker is not closed. */
  run(act: () => void): void
}

/** What a core asks of those who record into it. */
export interface CoreHooks {
  /** A session is over; what is recorded now still belongs to it. */
  sessionEnds?(): void
}

/** The page before this one, on a reload, may let go of what it kept a moment after our start. Milliseconds. */
const SECOND_SEARCH_MS = 5_000

/** `page` tells of an exit to those that listened before: what they record then still leaves with it. */
export function openCore(options: Resolved<DeliveryOptions>, page: Page, { sessionEnds }: CoreHooks = {}): Core {
  const explain: Core['explain'] = (sentence, ...details) => {
    const { debug } = options
    const say = debug === true ? console.debug : debug
    attempt(() => say && say(`Sightline: ${sentence}`, ...details))
  }
  const { now, wallClock } = page
  const { encode, endpoint, onDrop } = options
  const url = encode ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/events`
  const store = openStore(options.storage)
  const newId = createIdMaker(wallClock)
  const keep = openKeep(store, url, newId())
  let consent: Consent = readConsent(options.consent)
  let token: string | null | undefined
  /** The question for a token that is not answered yet. */
  let asking: object | undefined
  let secondSearch: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  let isTellingDrops = false

  function guard<Result>(act: () => Result): Result | undefined {
    return attempt(act, (error) => explain(`This failed: ${String(error)}.`))
  }

  const run = (act: () => void): void => {
    if (!isClosed) guard(act)
  }

  /** The browser's own signal is stronger than anything that the site says. */
  function readConsent(wish: Consent): Consent {
    const signal = page.privacySignal(options)
    if (signal) explain(`The browser asks not to be tracked (${signal}).`)
    return signal ? 'denied' : wish
  }

  const ledger = openLedger(options, (events, reason) => {
    keep.remove(events)
    if (reason === 'queue_full') for (const { dedupeKey } of events) if (dedupeKey) seen.remove(dedupeKey)
    const isDropped = reason !== 'delivered'
    explain(`${events.length} event(s) are ${isDropped ? 'dropped as ' : ''}${reason}.`, events)
    // What onDrop itself tracks and loses is counted, but not told: it could go on forever.
    if (!isDropped || !onDrop || isTellingDrops) return
    isTellingDrops = true
    guard(() => onDrop(reason, events.map(unseal)))
    isTellingDrops = false
  })

  const { move } = ledger

  // Record
  const sessions = createSessions(store, wallClock, newId, {
    ends: () => sessionEnds && guard(sessionEnds),
    begins: () => seen.prune(),
  })
  const seen = createSeenContents(store, wallClock, sessions.find)
  const record = createRecorder({
    ...options,
    now: wallClock,
    newId,
    sessions,
    seen,
    move,
    isDenied: () => consent === 'denied',
    guard,
    enqueue(event) {
      keep.add(event)
      move([event], 'queued')
      flusher.recorded()
    },
    explain,
  })

  // Deliver
  const isHeld = () => consent !== 'granted' || !!asking || page.isPrerendering()
  const pause = createPause(now, wallClock)
  const transport = openTransport(url, encode ? 'same-origin' : 'omit', options.transport, () => !page.isOpen())
  const shared = { ledger, pause, isLasting: store.flush, guard }
  const courier = createCourier({
    ...shared,
    url,
    transport,
    limits: options,
    wallClock,
    describe: () => ({ anonymousId: options.anonymousId ? readAnonymousId() : undefined, token: token ?? undefined }),
    encode,
    renewToken,
    explain,
  })
  const flusher = createFlusher({ ...options, ...shared, now, isHeld, courier })

  function readAnonymousId(): string {
    const [kept] = store.get('anonymous')
    if (isUuid(kept)) return kept
    const id = newId()
    store.set('anonymous', id)
    return id
  }

  /** Whether there is anyone to ask. Nothing is sent before the answer. */
  function renewToken(): boolean {
    const { token: ask } = options
    if (!ask) return false
    const mine = (asking = {})
    const take = (answer: string | null | void) => {
      if (mine !== asking) return
      token = answer ?? null
      asking = undefined
      run(flusher.retry)
    }
    void new Promise<string | null>((resolve) => resolve(ask())).catch(explain).then(take)
    return true
  }

  /** Takes over what a page left behind that lives no more; what is no event any more is counted. */
  function adopt(found: SealedEvent[]): boolean {
    if (isClosed || consent !== 'granted') return false
    const whole = found.filter(({ id }) => id)
    move(
      found.filter(({ id }) => !id),
      'storage',
    )
    whole.forEach(keep.add)
    // On the disk before the other copy leaves it.
    store.flush()
    ledger.adopt(whole)
    flusher.recorded()
    return true
  }

  const stats = (): TrackerStats => ({ ...ledger.stats, dropped: { ...ledger.stats.dropped } })

  function purge(): void {
    for (const name of store.rests('')) store.remove(name)
  }

  function obey(): void {
    store.persist(consent === 'granted')
    if (consent === 'denied') {
      courier.discard('consent')
      purge()
      // Whoever says yes next may be somebody else.
      token = asking = undefined
    }
    if (consent !== 'granted') return explain(`Nothing is sent: consent is ${consent}.`)
    keep.claim()
    const search = () => keep.search(adopt, searchAgain)
    // Once: those that still live then are other tabs.
    const searchAgain = () =>
      run(() => {
        secondSearch ??= setTimeout(() => run(search), SECOND_SEARCH_MS)
      })
    search()
    if (token === undefined) renewToken()
    flusher.release()
  }

  page.listen({
    hide: (reason) =>
      run(() => {
        flusher.exit()
        // A page in the back/forward cache may stay there for good: others deliver what it keeps.
        if (reason === 'pagehide') keep.release()
      }),
    show: () =>
      run(() => {
        courier.recallBeacons()
        flusher.retry()
      }),
    restore: keep.claim,
    online: () => run(flusher.retry),
  })
  guard(obey)

  return {
    record,
    seen,
    explain,
    guard,
    run,

    tracker: {
      track: (type: string, fields?: TrackFields) => run(() => record({ ...fields, type }, options.dedupe)),

      setConsent: (wish) =>
        run(() => {
          const wrong = findWrong('consent', wish, consentRule())
          if (wrong) return explain(`setConsent() does nothing: expected ${wrong}.`)
          const before = consent
          consent = readConsent(wish)
          // What was seen while everything was dropped has not been counted by anyone.
          if (before === 'denied') purge()
          if (consent !== before) obey()
        }),

      async flush() {
        const { delivered, dropped } = stats()
        if (!isClosed) await flusher.flush().catch(explain)
        const after = stats()
        return {
          delivered: after.delivered - delivered,
          queued: after.queued + after.inFlight,
          dropped: addCounts(after.dropped, dropped, -1),
        }
      },

      stats,

      close: () =>
        run(() => {
          flusher.exit()
          isClosed = true
          clearTimeout(secondSearch)
          flusher.close()
          transport.close()
          keep.release()
          page.close()
        }),
    },
  }
}
