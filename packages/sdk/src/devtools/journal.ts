// What the overlay knows: the last events with their fate, the observed elements with their state, the last sentences.
import { contentKey, readContent, type Subject } from '../subject'
import type { DropReason, WireEvent } from '../wire'
import { explainState, type StateDetails } from './words'

/** Events and sentences that are kept. */
const MAX_ENTRIES = 50
/** Elements that are kept; those that are observed no more go first. */
const MAX_ELEMENTS = 100

export interface EventEntry {
  /** Id of the event. */
  id: string
  /** Type, content, source and place. */
  name: string
  /** `waits`, `delivered`, or why it was dropped. */
  fate: string
}

export interface ElementEntry {
  id: string
  /** Content, source and place, as they are at this moment. */
  name(): string
  /** One sentence: counted by which rule, or why not. */
  state: string
  isCounted: boolean
  isObserved: boolean
  /** Weak, so that what was removed from the page can go. */
  element: WeakRef<Element>
}

export interface MessageEntry {
  id: string
  text: string
}

export interface Journal {
  /** Newest first. */
  readonly events: readonly EventEntry[]
  /** Those that changed last first. */
  readonly elements: readonly ElementEntry[]
  /** Newest first. */
  readonly messages: readonly MessageEntry[]
  /** Grows with every change. */
  readonly version: number
  recorded(event: WireEvent): void
  dropped(reason: DropReason, events: readonly WireEvent[]): void
  /** A sentence of the tracker's `debug`, with what it says more. */
  said(sentence: string, details: readonly object[]): void
  /** Returns what ends the observation. */
  observed(element: Element, subject: Subject | (() => Subject), isMedia: boolean): () => void
}

export function createJournal(): Journal {
  const events: EventEntry[] = []
  const messages: MessageEntry[] = []
  const elements: ElementEntry[] = []
  const entryOf = new WeakMap<Element, { entry: ElementEntry; key: string }>()
  let version = 0
  let lastId = 0

  function keep<Entry>(entries: Entry[], entry: Entry): void {
    entries.unshift(entry)
    entries.length = Math.min(entries.length, MAX_ENTRIES)
    version++
  }

  function decide(id: string | undefined, fate: string, event?: WireEvent): void {
    const known = events.find((entry) => entry.id === id)
    if (known) known.fate = fate
    else if (event) keep(events, { id: id ?? `${++lastId}`, name: nameEvent(event), fate })
    version++
  }

  function toTop(entry: ElementEntry): void {
    const at = elements.indexOf(entry)
    if (at >= 0) elements.splice(at, 1)
    elements.unshift(entry)
    if (elements.length <= MAX_ELEMENTS) return
    const ended = elements.map(({ isObserved }) => isObserved).lastIndexOf(false)
    elements.splice(ended < 0 ? MAX_ELEMENTS : ended, 1)
  }

  function told(key: string, isCounted: boolean, details: StateDetails): void {
    const state = explainState(isCounted, details)
    const meant = elements.filter((entry) => {
      const element = entry.element.deref()
      // A content may be shown by several elements; the sentence is about one of them, if it says which.
      const isMeant = element && entryOf.get(element)?.key === key && (details.element ?? element) === element
      // "Seen before" and how a view ended later are no reason to forget that it was counted.
      return isMeant && (isCounted || !entry.isCounted)
    })
    for (const entry of meant) {
      Object.assign(entry, { state, isCounted })
      toTop(entry)
    }
    version++
  }

  return {
    events,
    elements,
    messages,
    get version() {
      return version
    },

    recorded: (event) => decide(event.id, 'waits', event),

    dropped: (reason, dropped) => dropped.forEach((event) => decide(event.id, `dropped: ${reason}`, event)),

    said(sentence, details) {
      const text = sentence.replace(/^Sightline: /, '')
      const [first] = details
      const [, key, verdict] = /^(.+?) ((?:not )?counted)$/.exec(text) ?? []
      if (key && first) return told(key, verdict === 'counted', first as StateDetails)
      if (Array.isArray(first) && text.endsWith(' delivered.')) {
        return first.forEach(({ id }: { id?: string }) => decide(id, 'delivered'))
      }
      keep(messages, { id: `${++lastId}`, text })
    },

    observed(element, subject, isMedia) {
      const read = () => readSubject(subject)
      const content = readContent(read()?.content)
      // The tracker says itself what is wrong.
      if (!content || element?.nodeType !== 1) return () => {}
      const key = isMedia ? `watch ${contentKey(content)}` : contentKey(content)
      let known = entryOf.get(element)
      if (known?.key !== key) {
        if (known) known.entry.isObserved = false
        const state = isMedia ? 'watched: told when somebody stops watching' : 'not counted: not on screen yet'
        const id = `${++lastId}`
        known = {
          key,
          entry: { id, name: () => key, state, isCounted: false, isObserved: true, element: new WeakRef(element) },
        }
        entryOf.set(element, known)
      }
      const { entry } = known
      entry.isObserved = true
      entry.name = () => [key, ...placeOf(read() ?? {})].join(' ')
      toTop(entry)
      version++
      return () => {
        entry.isObserved = false
        version++
      }
    },
  }
}

/** A caller's function may throw; the tracker says so, and the list goes on. */
function readSubject(subject: Subject | (() => Subject)): Subject | undefined {
  try {
    return typeof subject === 'function' ? subject() : subject
  } catch {
    return undefined
  }
}

const placeOf = ({ source, position }: { source?: string | undefined; position?: number | undefined }) => [
  ...(source === undefined ? [] : [source]),
  ...(position === undefined ? [] : [`@${position}`]),
]

const nameEvent = (event: WireEvent) =>
  [event.type, ...(event.content ? [contentKey(event.content)] : []), ...placeOf(event)].join(' ')
