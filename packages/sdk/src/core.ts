// Record and deliver without a viewport: the road of an event from track() to the collector. The only file beside
// tracker.ts that knows the order of the rooms.
import { attempt } from './attempt'
import { createCourier } from './deliver/courier'
import { createFlusher } from './deliver/flush'
import { createPause } from './deliver/retry'
import { openTransport } from './deliver/transport'
import { createIdMaker } from './id'
import { addCounts, openLedger } from './ledger'
import { type Consent, consentRule, type DeliveryOptions, findWrong, type Resolved } from './options'
import type { Page } from './page'
import { createSeenContents, type SeenContents } from './record/dedupe'
import { createQueue } from './record/queue'
import { createRecorder, type RecordEvent } from './record/recorder'
import { createSessions } from './record/session'
import { unseal } from './seal'
import { openTabStorage } from './storage'
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

/** What a flush did. */
export interface FlushResult {
  /** Events that the collector has stored since the call. */
  delivered: number
  /** Events that still wait: for consent, for the collector, for the network. Nothing is lost. */
  queued: number
  /** Events that were dropped since the call, by reason. */
  dropped: DropCounts
}

/** Always: `recorded = delivered + queued + inFlight + unconfirmed + all of dropped`. */
export interface TrackerStats {
  /** Events that were made. A second impression of the same content in its dedupe scope is none. */
  recorded: number
  /** Events that the collector has acknowledged. */
  delivered: number
  queued: number
  /** Events in requests that are not answered yet. */
  inFlight: number
  /** Events in beacons: the browser took them, and nobody will know whether they arrived. */
  unconfirmed: number
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
  stats: () => ({ recorded: 0, delivered: 0, queued: 0, inFlight: 0, unconfirmed: 0, dropped: {} }),
  close: nothing,
}

export interface Core extends EventTracker {
  record: RecordEvent
  seen: SeenContents
  /** Says on the console why something did not happen, where the site wants to know. */
  explain(sentence: string): void
  /** Runs what the page asked for; nothing of ours may break it. */
  guard<Result>(act: () => Result): Result | undefined
  /** The same, as long as the tracker is not closed. */
  run(act: () => void): void
}

/** `page` tells of an exit to those that listened before: what they record then still leaves with it. */
export function openCore(options: Resolved<DeliveryOptions>, page: Page): Core {
  const explain = (sentence: string) => {
    if (options.debug) console.debug(`Sightline: ${sentence}`)
  }
  const { now, wallClock } = page
  const storage = openTabStorage()
  const newId = createIdMaker(wallClock)
  let consent: Consent = readConsent(options.consent)
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

  const ledger = openLedger((reason, events) => {
    explain(`${events.length} event(s) are dropped as ${reason}.`)
    // What onDrop itself tracks and loses is counted, but not told: it could go on forever.
    if (!options.onDrop || isTellingDrops) return
    isTellingDrops = true
    guard(() => options.onDrop?.(reason, events.map(unseal)))
    isTellingDrops = false
  })

  // Record
  const sessions = createSessions(storage, wallClock, newId)
  const seen = createSeenContents(storage, wallClock, () => sessions.current().startedAt)
  const queue = createQueue(options, (events) => {
    for (const { dedupeKey } of events) if (dedupeKey) seen.remove(dedupeKey)
    ledger.drop('queue_full', events)
  })
  const record = createRecorder({
    now: wallClock,
    newId,
    sessions,
    seen,
    ledger,
    isDenied: () => consent === 'denied',
    maxEventBytes: options.maxEventBytes,
    beforeSend: options.beforeSend,
    enqueue(event) {
      queue.push(event)
      flusher.recorded()
    },
    explain,
  })

  // Deliver
  const pause = createPause(now, wallClock)
  const transport = openTransport(`${options.endpoint.replace(/\/+$/, '')}/v1/events`, () => !page.isOpen())
  const courier = createCourier({ outbox: queue, ledger, transport, pause, limits: options, wallClock, explain })
  const isHeld = () => consent !== 'granted' || page.isPrerendering()
  const flusher = createFlusher({ now, isHeld, outbox: queue, ledger, courier, pause, ...options })

  const stats = (): TrackerStats => {
    const { recorded, delivered, unconfirmed, dropped } = ledger
    return {
      recorded,
      delivered,
      queued: queue.length,
      inFlight: courier.inFlight,
      unconfirmed,
      dropped: { ...dropped },
    }
  }

  function obey(): void {
    storage.persist(consent === 'granted')
    if (consent === 'denied') {
      courier.discard('consent')
      storage.purge()
    }
    if (consent === 'granted') flusher.release()
    else explain(`Nothing is sent: consent is ${consent}.`)
  }

  page.listen({ hide: flusher.exit, show: flusher.retry, online: flusher.retry })
  obey()

  return {
    record,
    seen,
    explain,
    guard,
    run,

    track: (type: string, fields?: TrackFields) => run(() => record({ ...fields, type }, options.dedupe)),

    setConsent: (wish) =>
      run(() => {
        const wrong = findWrong('consent', wish, consentRule())
        if (wrong) return explain(`setConsent() does nothing: expected ${wrong}.`)
        const before = consent
        consent = readConsent(wish)
        // What was seen while everything was dropped has not been counted by anyone.
        if (before === 'denied') storage.purge()
        if (consent !== before) obey()
      }),

    async flush() {
      const { delivered, dropped } = stats()
      if (!isClosed) await flusher.flush()
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
        flusher.close()
        transport.close()
        page.close()
      }),
  }
}
