// From what a caller said to one event of the wire: checked, bounded, copied.
import { attempt } from '../attempt'
import { type Content, readContent } from '../subject'
import { EVENT_TYPE_PATTERN, type WireEvent, wireLimits } from '../wire'
import { bound, cleanMetadata, copyPlain } from './metadata'

/** What an event is made of, before anyone has looked at it. */
export interface EventDraft extends Omit<WireEvent, 'content' | 'metadata'> {
  content?: Content | undefined
  metadata?: object | undefined
}

/** Types that mean nothing without a content. */
const ABOUT_CONTENT = new Set(['impression', 'view', 'watch', 'click', 'page_view'])

const label = (value: unknown) => typeof value === 'string' && bound(value, wireLimits.maxLabelLength)
const upTo = (max: number) => (value: unknown) => typeof value === 'number' && value >= 0 && value <= max && value
const unlimited = upTo(Number.MAX_SAFE_INTEGER)
const wholeMs = (value: unknown) => {
  const ms = unlimited(value)
  return ms && Math.round(ms)
}

/** How each field becomes fit to travel; nothing or `false` where it cannot. */
const cleanersByName: { [Name in keyof WireEvent]?: (value: unknown, leftOut: string[]) => unknown } = {
  source: label,
  viewType: label,
  position: (value) => Number.isInteger(value) && unlimited(value),
  referrer(value) {
    const { protocol, host, pathname } = new URL(String(value))
    return `${protocol}//${host}${pathname}`.slice(0, wireLimits.maxUrlLength)
  },
  durationMs: wholeMs,
  scrollDepth: upTo(100),
  ratio: copyPlain,
  rule: copyPlain,
  criteria: copyPlain,
  confirmLagMs: copyPlain,
  totalMs: copyPlain,
  stallMs: copyPlain,
  endReason: copyPlain,
  mediaDurationMs: wholeMs,
  pipMs: wholeMs,
  completed: copyPlain,
  metadata: cleanMetadata,
}
const cleaners = Object.entries(cleanersByName)

/**
 * The event as it may travel. A wrong type or content makes it worthless: then it is nothing. Any other wrong field is
 * left out. `explain` is told in both cases.
 */
export function cleanEvent(draft: EventDraft, explain: (sentence: string) => void): WireEvent | undefined {
  const { type } = draft
  const content = readContent(draft.content)
  const isType = typeof type === 'string' && EVENT_TYPE_PATTERN.test(type)
  if (!isType || (!content && (draft.content || ABOUT_CONTENT.has(type)))) {
    const expected = isType ? 'content such as { type: "post", id: "42" }' : 'a type such as "sign_up"'
    explain(`"${String(type)}" is dropped: expected ${expected}.`)
    return undefined
  }

  const event: Record<string, unknown> = { type, content }
  const leftOut: string[] = []
  for (const [name, clean] of cleaners) {
    const value = draft[name as keyof EventDraft]
    if (value === undefined || value === null || value === '') continue
    const cleaned = attempt(() => clean(value, leftOut))
    if (cleaned === undefined || (cleaned === false && name !== 'completed')) leftOut.push(name)
    else event[name] = cleaned
  }
  if (leftOut.length) explain(`"${type}" goes without ${leftOut.join()}: wrong, or beyond the limits.`)
  return event as unknown as WireEvent
}
