// The composition root: the only file that knows the order observe → record → deliver.
import { openAddress } from './address'
import { type EventMap, type EventTracker, idleEventTracker, openCore, type TrackFields } from './core'
import { createMedia, type Media } from './observe/media'
import { createObservations, type ObservationPorts } from './observe/observations'
import type { Asked, Wishes } from './observe/sight'
import { MRC_LARGE_AREA } from './observe/viewable'
import { openViewport } from './observe/viewport'
import { type PageView, watchPages } from './observe/pages'
import { defaultOptions, findWrong, type Resolved, resolveOptions, type TrackerOptions, trackerRules } from './options'
import { type HideReason, hasPage, openAttention, openPage } from './page'
import { contentKey, readContent, type Content, type Subject } from './subject'
import type { ViewEndReason } from './wire'

/** Criteria of one observation; what is left out is the tracker's. */
export type ObserveOptions = Pick<TrackerOptions, (typeof wishNames)[number]>

/** Wishes of one watch. */
export interface MediaOptions {
  /** Share of the element's area that has to be on screen, from 0 to 1. @default the tracker's */
  threshold?: number | undefined
  /** The element that has to be on screen, for a player that is none or has no box: `<audio>` without controls. @default the media */
  element?: Element | undefined
}

const wishNames = ['threshold', 'minDurationMs', 'accumulate', 'largeArea', 'minViewMs', 'dedupe'] as const

/** Its methods never throw and may be passed around on their own. After `close()`, and on a server, they do nothing. */
export interface Tracker<Events extends EventMap = EventMap> extends EventTracker<Events> {
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
  /**
   * Records a `watch` when somebody stops watching: scrolls away, leaves, or the media ends. Its `durationMs` is the time
   * for which the media was playing and on screen. Makes no impression: `observe()` the same element for that.
   *
   * @param media `<video>`, `<audio>`, or a player with their properties and events
   * @returns ends the watch
   */
  observeMedia(media: Media, subject: Subject | (() => Subject), options?: MediaOptions): () => void
  /** Ends every view and watch, sends what is left and removes every listener, observer and timer. */
  close(): void
}

/**
 * Starts a tracker. On a server it does nothing.
 *
 * @throws TypeError when an option is wrong or unknown; nothing else ever throws.
 */
export function createTracker<Events extends EventMap = EventMap>(options: TrackerOptions): Tracker<Events> {
  const rules = trackerRules()
  const resolved = resolveOptions(options, rules, defaultOptions)
  return hasPage() ? startTracker(resolved, rules) : idleTracker
}

const nothing = () => {}

const idleTracker: Tracker = {
  ...idleEventTracker,
  click: nothing,
  page: nothing,
  observe: () => nothing,
  observeMedia: () => nothing,
}

function startTracker(options: Resolved<TrackerOptions>, rules: ReturnType<typeof trackerRules>): Tracker {
  const page = openPage()
  const isWatched = () => page.isOpen() && (!options.requireFocus || attention.hasFocus())
  const hide = (reason: HideReason) => both.forEach((room) => room.hide(reason))
  const endAll = (reason: ViewEndReason) => both.forEach((room) => room.endAll(reason))
  const turn = () => (isWatched() ? both.forEach((room) => room.show()) : hide('hidden'))
  page.listen({
    hide(reason) {
      hide(reason)
      pages.settle()
    },
    show: turn,
    restore: () => pages.restored(),
    activate: () => pages.activated(),
  })
  const attention = openAttention(page, turn, () => observations.scrolled())
  const { tracker, seen, explain, guard, run, ...core } = openCore(options, page, {
    sessionEnds: () => endAll('session'),
  })
  // A page view is the first event of its page.
  const record: typeof core.record = (draft, scope) => {
    pages.tell()
    core.record(draft, scope)
  }

  /** A caller's function is asked late; when it throws, what it said last still holds. */
  const read = (asked: Asked): Subject =>
    typeof asked.subject === 'function' ? (asked.last = guard(asked.subject) ?? asked.last) : asked.subject

  const tell: ObservationPorts['record'] = (asked, fields) =>
    record({ ...read(asked), ...fields, content: asked.content }, asked.wishes.dedupe)

  const viewport = openViewport(options.insets)
  const observations = createObservations(viewport, {
    now: page.now,
    isOpen: isWatched,
    isSeen: seen.has,
    addTime: seen.addTime,
    record: tell,
    followScroll: attention.followScroll,
    explain: options.debug ? explain : undefined,
  })
  const usualWishes = readWishes(options)
  const media = createMedia(tell)
  const watches = createObservations(viewport, { ...media, now: page.now, isOpen: isWatched })
  const both = [observations, watches]
  const address = openAddress(page, options.autoPage === 'path+search')
  const pages = watchPages(address, !!options.autoPage, {
    isPrerendering: page.isPrerendering,
    entered() {
      endAll('route')
      seen.beginPage()
    },
    record: recordPage,
  })

  function recordPage({ id, referrer }: PageView, fields?: Omit<TrackFields, 'content'>): void {
    const title = address.title()
    const own = fields?.metadata
    record(
      {
        ...fields,
        referrer: fields?.referrer ?? referrer,
        metadata: (title && guard(() => ({ title, ...own }))) || own,
        type: 'page_view',
        content: { type: 'page', id },
      },
      false,
    )
  }

  // A function of its own: what the caller gets back must not keep the element in memory.
  function begin(
    element: Element,
    subject: Subject | (() => Subject),
    own: ObserveOptions | undefined,
    name: 'observe' | 'observeMedia',
    player?: Media,
  ): () => void {
    let stop = nothing
    run(() => {
      const asking: Asked = { subject, last: {} as Subject }
      const content = readContent(read(asking).content)
      let wrong = element?.nodeType === 1 ? '' : 'an element'
      if (name !== 'observe' && typeof player?.paused !== 'boolean') wrong ||= 'a media element'
      if (!content) wrong ||= 'content such as { type: "post", id: "42" }'
      let wishes = usualWishes
      if (own) {
        const all = { ...options }
        for (const name of wishNames) {
          const value = own[name]
          if (value === undefined) continue
          wrong ||= findWrong(name, value, rules[name])
          Object.assign(all, { [name]: value })
        }
        wishes = readWishes(all)
      }
      if (wrong || !content) return explain(`${name}() does nothing: expected ${wrong}.`)
      const asked = { ...asking, content, wishes }
      stop = player ? watches.observe(element, media.enlist(player, asked)) : observations.observe(element, asked)
    })
    return stop
  }

  return {
    ...tracker,

    track(type: string, fields?: TrackFields) {
      run(pages.tell)
      tracker.track(type, fields)
    },

    click: (fields) =>
      run(() => {
        const content = readContent(fields?.content)
        if (content) observations.interacted(contentKey(content))
        record({ ...fields, type: 'click' }, false)
      }),

    page: (fields) => run(() => recordPage(pages.open(), fields)),

    observe(element, subject, wishes) {
      const stop = begin(element, subject, wishes, 'observe')
      return () => run(stop)
    },

    observeMedia(player, subject, wishes) {
      const stop = begin(wishes?.element ?? (player as unknown as Element), subject, wishes, 'observeMedia', player)
      return () => run(stop)
    },

    flush() {
      run(pages.settle)
      return tracker.flush()
    },

    close() {
      run(() => {
        both.forEach((room) => room.close())
        viewport.close()
        pages.settle()
      })
      tracker.close()
    },
  }
}

function readWishes(options: Resolved<TrackerOptions>): Wishes {
  const { threshold, minDurationMs, minViewMs = minDurationMs, accumulate, largeArea, dedupe } = options
  return {
    criteria: {
      threshold,
      minDurationMs,
      accumulate: accumulate || undefined,
      largeArea: largeArea === true ? MRC_LARGE_AREA : largeArea || undefined,
    },
    minViewMs,
    dedupe,
  }
}
