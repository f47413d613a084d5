// From what a caller said to one event of the wire: checked, cut to the limits, copied.
import { type Content, readContent } from '../subject'
import { EVENT_TYPE_PATTERN, type WireEvent, wireLimits } from '../wire'
import { cleanMetadata } from './metadata'
import { cleanText, cleanUrl } from './text'

/** What an event is made of, before anyone has looked at it. */
export interface EventDraft extends Omit<WireEvent, 'content' | 'metadata'> {
  content?: Content | undefined
  metadata?: object | undefined
}

/** Types that mean nothing without a content. */
const ABOUT_CONTENT = new Set(['impression', 'view', 'watch', 'click', 'page_view'])

const asIs = (value: unknown) => value
const label = (value: unknown) => typeof value === 'string' && cleanText(value, wireLimits.maxLabelLength)
const within = (value: unknown, max: number) => typeof value === 'number' && value >= 0 && value <= max

/** How each field becomes fit to travel; nothing or `false` where it cannot. */
const cleaners: { [Name in keyof WireEvent]?: (value: unknown) => unknown } = {
  id: asIs,
  occurredAt: asIs,
  sessionId: asIs,
  seq: asIs,
  source: label,
  viewType: label,
  position: (value) => Number.isSafeInteger(value) && within(value, Infinity) && value,
  referrer: (value) => cleanUrl(String(value), wireLimits.maxUrlLength),
  durationMs: (value) => within(value, Number.MAX_SAFE_INTEGER) && Math.round(value as number),
  scrollDepth: (value) => within(value, 100) && value,
  ratio: asIs,
  rule: asIs,
  criteria: asIs,
  confirmLagMs: asIs,
  totalMs: asIs,
  stallMs: asIs,
  endReason: asIs,
}

/**
 * The event as it may travel. A wrong type or content makes it worthless: then it is nothing. Any other wrong field is
 * left out. `explain` is told in both cases.
 */
export function cleanEvent(draft: EventDraft, explain: (sentence: string) => void): WireEvent | undefined {
  const { type } = draft
  const content = readContent(draft.content)
  if (typeof type !== 'string' || !EVENT_TYPE_PATTERN.test(type)) {
    explain(`"${String(type)}" is dropped: expected a type such as "sign_up".`)
    return undefined
  }
  if (!content && (draft.content || ABOUT_CONTENT.has(type))) {
    explain(`"${type}" is dropped: expected content such as { type: "post", id: "42" }.`)
    return undefined
  }

  const event: Record<string, unknown> = { type }
  const leftOut: string[] = []
  for (const [name, clean] of Object.entries(cleaners)) {
    const value = draft[name as keyof EventDraft]
    if (value === undefined || value === null || value === '') continue
    const cleaned = clean(value)
    if (cleaned === undefined || cleaned === false) leftOut.push(name)
    else event[name] = cleaned
  }
  if (content) event.content = content
  event.metadata = cleanMetadata(draft.metadata, leftOut)
  if (leftOut.length) explain(`"${type}" goes without ${leftOut.join()}: not what is expected, or beyond the limits.`)
  return event as unknown as WireEvent
}
