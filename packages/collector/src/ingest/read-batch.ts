// The bytes of a request become readable events and per-event errors, or a refusal of the whole.
import { WIRE_VERSION, wireLimits, type Batch, type EventError, type WireEvent } from '@sightline/sdk/wire'
import { z } from 'zod'
import { Refusal } from '../errors'
import { envelopeSchema, eventSchema } from './batch-schema'
import { blankEvent, readPlainEvent } from './plain-event'
import { walkEvent } from './walk'

export interface ReadLimits {
  maxBatchEvents: number
  maxEventBytes: number
}

/** A batch after reading: what can be judged further, and what was refused already. */
export interface ReadBatch extends Omit<Batch, 'events'> {
  /** Readable events with their place in the batch. */
  events: { index: number; event: WireEvent; textCut: boolean }[]
  errors: EventError[]
}

const compiledEvent = z.compile(eventSchema)
const compiledEnvelope = z.compile(envelopeSchema)

/**
 * Reads a parsed body of `bodyBytes` bytes: one event or a batch of them.
 * @throws Refusal when the envelope as a whole cannot be taken.
 */
export function readBatch(body: unknown, bodyBytes: number, limits: ReadLimits): ReadBatch {
  const { events: candidates, ...envelope } = readEnvelope(body)
  if (candidates.length === 0) throw new Refusal('empty_batch')
  if (candidates.length > limits.maxBatchEvents) {
    throw new Refusal(
      'too_many_events',
      `Expected at most ${limits.maxBatchEvents} events in one batch, got ${candidates.length}. Nothing was stored.`,
    )
  }
  // No event can be larger than the body it came in.
  const maxEventBytes = bodyBytes > limits.maxEventBytes ? limits.maxEventBytes : undefined
  const events: ReadBatch['events'] = []
  const errors: EventError[] = []
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index]
    const plain =
      typeof candidate === 'object' && candidate !== null ? readPlainEvent(candidate, maxEventBytes) : undefined
    if (plain !== undefined) {
      events.push({ index, event: plain, textCut: false })
      continue
    }
    const verdict = readEvent(candidate, maxEventBytes)
    if ('code' in verdict) errors.push({ index, ...withId(candidate), ...verdict })
    else events.push({ index, event: verdict.event, textCut: verdict.textCut })
  }
  return { ...envelope, events, errors }
}

function readEnvelope(body: unknown): z.output<typeof envelopeSchema> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal('invalid_envelope')
  const single = !('events' in body) && 'type' in body
  const envelope = compiledEnvelope.safeParse(single ? { events: [body] } : body)
  if (!envelope.success) {
    throw new Refusal('invalid_envelope', 'events' in body ? describeIssue(envelope.error, body, 'batch') : undefined)
  }
  if (envelope.data.v !== undefined && envelope.data.v > WIRE_VERSION) throw new Refusal('unsupported_version')
  return envelope.data
}

type Problem = Pick<EventError, 'code' | 'message'>

/** Reads one event whatever is in it. */
export function readEvent(
  candidate: unknown,
  maxEventBytes: number | undefined,
): Problem | { event: WireEvent; textCut: boolean } {
  if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) {
    return { code: 'invalid_event', message: `Expected an event as an object, got ${nameOf(candidate)}.` }
  }
  const problem = walkEvent(candidate as Record<string, unknown>)
  if (problem) return problem
  if (maxEventBytes !== undefined) {
    const bytes = Buffer.byteLength(JSON.stringify(candidate))
    if (bytes > maxEventBytes) {
      return { code: 'event_too_large', message: `Expected at most ${maxEventBytes} bytes in one event, got ${bytes}.` }
    }
  }
  const result = compiledEvent.safeParse(candidate)
  if (result.success) return cutTexts(Object.assign(blankEvent(), result.data))
  const atType = result.error.issues[0]?.path.join('.') === 'type'
  return { code: atType ? 'invalid_type' : 'invalid_event', message: describeIssue(result.error, candidate, 'event') }
}

function cutTexts(event: WireEvent): { event: WireEvent; textCut: boolean } {
  let textCut = false
  const cut = (text: string, maxLength: number) => {
    if (text.length <= maxLength) return text
    textCut = true
    return cutAtCodePoint(text, maxLength)
  }
  if (event.source !== undefined) event.source = cut(event.source, wireLimits.maxLabelLength)
  if (event.viewType !== undefined) event.viewType = cut(event.viewType, wireLimits.maxLabelLength)
  if (event.referrer !== undefined) event.referrer = cut(event.referrer, wireLimits.maxUrlLength)
  if (event.metadata !== undefined) {
    cutInside(event.metadata, (text) => cut(text, wireLimits.maxMetadataStringLength))
  }
  return { event, textCut }
}

// The walk has bounded the depth, so recursion is safe here.
function cutInside(container: { [key: string]: unknown } | unknown[], cut: (text: string) => string): void {
  const slots = container as { [key: string]: unknown }
  for (const [key, value] of Object.entries(slots)) {
    if (typeof value === 'string') slots[key] = cut(value)
    else if (typeof value === 'object' && value !== null) cutInside(value as { [key: string]: unknown }, cut)
  }
}

/** At most `maxLength` UTF-16 units, and never half a character. */
export function cutAtCodePoint(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const last = text.charCodeAt(maxLength - 1)
  const endsInsideCharacter = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, endsInsideCharacter ? maxLength - 1 : maxLength)
}

// A retry is easier to find by id than by place; an unreadable id helps nobody.
function withId(candidate: unknown): { id?: string } {
  const id: unknown =
    typeof candidate === 'object' && candidate !== null && 'id' in candidate ? candidate.id : undefined
  const readable = eventSchema.shape.id.safeParse(id)
  return readable.success && readable.data !== undefined ? { id: readable.data } : {}
}

function describeIssue(error: z.ZodError, value: object, whole: string): string {
  const issue = error.issues[0]
  const path = issue?.path ?? []
  const place = path.length > 0 ? `"${path.join('.')}"` : `the ${whole}`
  let came: unknown = value
  for (const key of path) came = typeof came === 'object' && came !== null ? (came as never)[key as never] : undefined
  return `Wrong value in ${place}: ${issue?.message ?? 'not readable'}, got ${nameOf(came)}.`
}

const MAX_QUOTED_LENGTH = 40

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return String(value)
  const shown = cutAtCodePoint(value, MAX_QUOTED_LENGTH)
  return `${JSON.stringify(shown)}${shown.length < value.length ? ' …' : ''}`
}
