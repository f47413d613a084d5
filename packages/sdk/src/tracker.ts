// The composition root: the only file that knows the order observe → record → deliver.
import { openAddress } from './address'
import { type EventMap, type EventTracker, idleEventTracker, openCore, type TrackFields } from './core'
import { createObservations } from './observe/observations'
import { type PageView, watchPages } from './observe/pages'
import { findWrong, type Resolved, resolveOptions, type TrackerOptions, trackerRules } from './options'
import { hasPage, openPage } from './page'
import { contentKey, readContent, type Content, type Subject } from './subject'

/** Criteria of one observation; what is left out is the tracker's. */
export type ObserveOptions = Pick<TrackerOptions, 'threshold' | 'minDurationMs' | 'dedupe'>

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
  /** Ends every view, sends what is left and removes every listener, observer and timer. */
  close(): void
}

/**
 * Starts a tracker. On a server it does nothing.
 *
 * @throws TypeError when an option is wrong or unknown; nothing else ever throws.
 */
export function createTracker<Events extends EventMap = EventMap>(options: TrackerOptions): Tracker<Events> {
  const rules = trackerRules()
  const resolved = resolveOptions(options, rules)
  return hasPage() ? startTracker(resolved, rules) : idleTracker
}

const nothing = () => {}

const idleTracker: Tracker = { ...idleEventTracker, click: nothing, page: nothing, observe: () => nothing }

function startTracker(options: Resolved<TrackerOptions>, rules: ReturnType<typeof trackerRules>): Tracker {
  const page = openPage()
  page.listen({
    hide(reason) {
      observations.hide(reason)
      pages.settle()
    },
    show: () => observations.show(),
    restore: () => pages.restored(),
    activate: () => pages.activated(),
    scroll: () => observations.scrolled(),
  })
  const { record, seen, explain, guard, run, track, setConsent, flush, stats, close } = openCore(options, page)

  const observations = createObservations(options.insets, {
    now: page.now,
    isOpen: page.isOpen,
    isSeen: seen.has,
    addTime: seen.addTime,
    record: ({ read, content, dedupe }, fields) => record({ ...read(), ...fields, content }, dedupe),
  })
  const pages = watchPages(openAddress(page), page.isPrerendering, options.autoPage, openPageView)

  function openPageView({ path, referrer }: PageView, fields?: Omit<TrackFields, 'content'>): void {
    observations.route()
    seen.beginPage()
    record(
      { ...fields, referrer: fields?.referrer ?? referrer, type: 'page_view', content: { type: 'page', id: path } },
      false,
    )
  }

  return {
    track,

    click: (fields) =>
      run(() => {
        const content = readContent(fields?.content)
        if (content) observations.interacted(contentKey(content))
        record({ ...fields, type: 'click' }, false)
      }),

    page: (fields) => run(() => openPageView(pages.open(), fields)),

    observe(element, subject, wishes = {}) {
      let stop: (() => void) | undefined
      run(() => {
        const read = createReader(subject, guard)
        const content = readContent(read().content)
        const { threshold = options.threshold, minDurationMs = options.minDurationMs, dedupe = options.dedupe } = wishes
        const wrong =
          (element?.nodeType !== 1 && 'an element') ||
          (!content && 'content such as { type: "post", id: "42" }') ||
          (['threshold', 'minDurationMs', 'dedupe'] as const)
            .map((name) => wishes[name] !== undefined && findWrong(name, wishes[name], rules[name]))
            .find(Boolean)
        if (wrong || !content) return explain(`observe() does nothing: expected ${wrong}.`)
        stop = observations.observe(element, { content, read, criteria: { threshold, minDurationMs }, dedupe })
      })
      return () => run(() => stop?.())
    },

    setConsent,

    flush() {
      run(pages.settle)
      return flush()
    },

    stats,

    close() {
      run(() => {
        observations.close()
        pages.settle()
      })
      close()
    },
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
