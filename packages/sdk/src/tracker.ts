// The composition root: the only file that knows the order observe → record → deliver.
import { attempt } from './attempt'
import { createCourier } from './deliver/courier'
import { createFlusher } from './deliver/flush'
import { createPause } from './deliver/retry'
import { openTransport } from './deliver/transport'
import { createIdMaker } from './id'
import { addCounts, openLedger } from './ledger'
import { createObservations } from './observe/observations'
import { type PageView, watchPages } from './observe/pages'
import { type Consent, findWrongOption, type ResolvedOptions, resolveOptions, type TrackerOptions } from './options'
import { hasPage, openPage } from './page'
import { createSeenContents } from './record/dedupe'
import { createQueue } from './record/queue'
import { createRecorder } from './record/recorder'
import { createSessions } from './record/session'
import { unseal } from './seal'
import { openTabStorage } from './storage'
import { contentKey, type Content, readContent, type Subject } from './subject'
import type { BuiltInEventType, DropCounts } from './wire'

export type { Subject } from './subject'

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

/** Criteria of one observation; what is left out is the tracker's. */
export type ObserveOptions = Pick<TrackerOptions, 'threshold' | 'minDurationMs' | 'dedupe'>

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
export interface Tracker<Events extends EventMap = EventMap> {
  /**
   * Records an event: `impression view watch click like share page_view`, or a name of your own that matches
   * `^[a-z][a-z0-9_]{0,63}$`. `createTracker<MyEvents>()` checks the metadata of your own types.
   */
  track<Type extends BuiltInEventType | CustomType<Events>>(type: Type, ...fields: FieldsOf<Events, Type>): void
  /** Records a click. If the content is observed and was not seen yet, its impression is recorded first. */
  click(fields: TrackFields & { content: Content }): void
  /** Records a view of the current path as content `{ type: 'page', id: path }`. Only needed with `autoPage: false`. */
  page(fields?: Omit<TrackFields, 'content'>): void
  /**
   * Records an `impression` once the element was seen, and a `view` for each stretch of time that it was on screen.
   *
   * A function is asked when an event is made, so `source`, `position` and `metadata` may change without another call.
   * The content stays what it is now. One element shows one content: observing it for another one ends the first.
   *
   * @returns ends the observation
   */
  observe(element: Element, subject: Subject | (() => Subject), options?: ObserveOptions): () => void
  /** The visitor has decided. */
  setConsent(consent: Consent): void
  /** Sends what waits, now. Only a `Retry-After` of the collector is still waited for, and nothing is ever dropped by it. */
  flush(): Promise<FlushResult>
  stats(): TrackerStats
  /** Ends every view, sends what is left and removes every listener, observer and timer. */
  close(): void
}

/**
 * Starts a tracker. On a server it does nothing.
 *
 * @throws TypeError when an option is wrong or unknown; nothing else ever throws.
 */
export function createTracker<Events extends EventMap = EventMap>(options: TrackerOptions): Tracker<Events> {
  const resolved = resolveOptions(options)
  return hasPage() ? startTracker(resolved) : idleTracker
}

const nothing = () => {}

const idleTracker: Tracker = {
  track: nothing,
  click: nothing,
  page: nothing,
  observe: () => nothing,
  setConsent: nothing,
  flush: () => Promise.resolve({ delivered: 0, queued: 0, dropped: {} }),
  stats: () => ({ recorded: 0, delivered: 0, queued: 0, inFlight: 0, unconfirmed: 0, dropped: {} }),
  close: nothing,
}

function startTracker(options: ResolvedOptions): Tracker {
  const explain = (sentence: string) => {
    if (options.debug) console.debug(`Sightline: ${sentence}`)
  }
  const page = openPage()
  const { now, wallClock } = page
  const storage = openTabStorage()
  const newId = createIdMaker(wallClock)
  let consent: Consent = readConsent(options.consent)
  let isClosed = false
  let isTellingDrops = false

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

  // Observe
  const observations = createObservations(options.insets, {
    now,
    isOpen: page.isOpen,
    isSeen: seen.has,
    addTime: seen.addTime,
    record: ({ read, content, dedupe }, fields) => record({ ...read(), ...fields, content }, dedupe),
  })
  const pages = watchPages(page, options.autoPage, openPageView)

  function openPageView({ path, referrer }: PageView, fields?: Omit<TrackFields, 'content'>): void {
    observations.route()
    seen.beginPage()
    record(
      { ...fields, referrer: fields?.referrer ?? referrer, type: 'page_view', content: { type: 'page', id: path } },
      false,
    )
  }

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

  function exit(): void {
    pages.settle()
    flusher.exit()
  }

  /** Runs what the page asked for; nothing of ours may break it. */
  function guard<Result>(act: () => Result): Result | undefined {
    return attempt(act, (error) => explain(`This failed: ${String(error)}.`))
  }

  const unlessClosed = (act: () => void): void => {
    if (!isClosed) guard(act)
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

  page.listen({
    hide(reason) {
      observations.hide(reason)
      exit()
    },
    show() {
      observations.show()
      flusher.retry()
    },
    restore: pages.restored,
    activate: pages.activated,
    online: flusher.retry,
    scroll: observations.scrolled,
  })
  obey()

  return {
    track: (type: string, fields?: TrackFields) => unlessClosed(() => record({ ...fields, type }, options.dedupe)),

    click: (fields) =>
      unlessClosed(() => {
        const content = readContent(fields?.content)
        if (content) observations.interacted(contentKey(content))
        record({ ...fields, type: 'click' }, false)
      }),

    page: (fields) => unlessClosed(() => openPageView(pages.open(), fields)),

    observe(element, subject, wishes = {}) {
      let stop: (() => void) | undefined
      unlessClosed(() => {
        const read = createReader(subject, guard)
        const content = readContent(read().content)
        const { threshold = options.threshold, minDurationMs = options.minDurationMs, dedupe = options.dedupe } = wishes
        const wrong =
          (element?.nodeType !== 1 && 'an element') ||
          (!content && 'content such as { type: "post", id: "42" }') ||
          (['threshold', 'minDurationMs', 'dedupe'] as const)
            .map((name) => wishes[name] !== undefined && findWrongOption(name, wishes[name]))
            .find(Boolean)
        if (wrong || !content) return explain(`observe() does nothing: expected ${wrong}.`)
        stop = observations.observe(element, { content, read, criteria: { threshold, minDurationMs }, dedupe })
      })
      return () => unlessClosed(() => stop?.())
    },

    setConsent: (wish) =>
      unlessClosed(() => {
        const wrong = findWrongOption('consent', wish)
        if (wrong) return explain(`setConsent() does nothing: expected ${wrong}.`)
        const before = consent
        consent = readConsent(wish)
        // What was seen while everything was dropped has not been counted by anyone.
        if (before === 'denied') storage.purge()
        if (consent !== before) obey()
      }),

    async flush() {
      const { delivered, dropped } = stats()
      if (!isClosed) {
        guard(pages.settle)
        await flusher.flush()
      }
      const after = stats()
      return {
        delivered: after.delivered - delivered,
        queued: after.queued + after.inFlight,
        dropped: addCounts(after.dropped, dropped, -1),
      }
    },

    stats,

    close: () =>
      unlessClosed(() => {
        observations.close()
        exit()
        isClosed = true
        flusher.close()
        transport.close()
        page.close()
      }),
  }
}

/**
 * Asks a caller's function late; when it throws, what it said last still holds. A function of its own, because a closure
 * inside `observe()` would keep the element in memory.
 */
function createReader(
  subject: Subject | (() => Subject),
  guard: (act: () => Subject) => Subject | undefined,
): () => Subject {
  if (typeof subject !== 'function') return () => subject
  let last = {} as Subject
  return () => (last = guard(subject) ?? last)
}
