// The short way through reading: an event with nothing unusual in it is checked and copied in one pass over its fields.
import { CONTENT_TYPE_PATTERN, EVENT_TYPE_PATTERN, wireLimits, type WireEvent } from '@sightline/sdk/wire'
import { isStorableText } from '../storable-text'
import { endReasons, MAX_INT4, seenRules } from './batch-schema'

// Nearly every event is plain. What is not (metadata, a field that is not known, a value to be cut, changed or refused)
// goes the long way, through the walk and the schema, which alone decide. So this may refuse too much, and never too little.

/** What one event takes without its texts: names, punctuation, numbers and ids. */
const MAX_FRAME_BYTES = 2_048
/** `\u0001` of JSON. */
const MAX_BYTES_PER_UNIT = 6
const LOWER_CASE_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MAX_PERCENT = 100

/** An event with all of its fields in one order: what reads thousands of them is compiled for one shape. */
export function blankEvent(): WireEvent {
  return {
    id: undefined,
    type: '',
    occurredAt: undefined,
    sessionId: undefined,
    seq: undefined,
    content: undefined,
    source: undefined,
    viewType: undefined,
    position: undefined,
    referrer: undefined,
    durationMs: undefined,
    scrollDepth: undefined,
    ratio: undefined,
    rule: undefined,
    criteria: undefined,
    confirmLagMs: undefined,
    totalMs: undefined,
    stallMs: undefined,
    endReason: undefined,
    mediaDurationMs: undefined,
    completed: undefined,
    pipMs: undefined,
    metadata: undefined,
  }
}

/**
 * The event as the long way would return it, or nothing when only the long way can tell.
 * @param maxEventBytes what one event may take, if its body is large enough to hold a larger one
 */
export function readPlainEvent(candidate: object, maxEventBytes = Infinity): WireEvent | undefined {
  const fields = candidate as { readonly [Key in keyof WireEvent]: unknown }
  const event = blankEvent()
  let units = 0
  // A string that is `in` the prototype would be unusual too.
  for (const name in fields) {
    switch (name) {
      case 'id':
      case 'sessionId': {
        const value = fields[name]
        if (typeof value !== 'string' || !LOWER_CASE_UUID.test(value)) return undefined
        event[name] = value
        break
      }
      case 'type':
        if (typeof fields.type !== 'string' || !EVENT_TYPE_PATTERN.test(fields.type)) return undefined
        event.type = fields.type
        break
      case 'occurredAt':
        if (!isWhole(fields.occurredAt, Number.MAX_SAFE_INTEGER)) return undefined
        event.occurredAt = fields.occurredAt
        break
      case 'seq':
      case 'position':
      case 'durationMs':
      case 'confirmLagMs':
      case 'totalMs':
      case 'stallMs':
      case 'mediaDurationMs':
      case 'pipMs': {
        const value = fields[name]
        if (!isWhole(value, MAX_INT4)) return undefined
        event[name] = value
        break
      }
      case 'content': {
        const content = readContent(fields.content)
        if (content === undefined) return undefined
        units += content.id.length
        event.content = content
        break
      }
      case 'source':
      case 'viewType': {
        const value = fields[name]
        if (!isText(value, wireLimits.maxLabelLength)) return undefined
        units += value.length
        event[name] = value
        break
      }
      case 'referrer':
        if (!isText(fields.referrer, wireLimits.maxUrlLength)) return undefined
        units += fields.referrer.length
        event.referrer = fields.referrer
        break
      case 'scrollDepth':
        if (!isBetween0And(MAX_PERCENT, fields.scrollDepth)) return undefined
        event.scrollDepth = fields.scrollDepth
        break
      case 'ratio':
        if (!isBetween0And(1, fields.ratio)) return undefined
        event.ratio = fields.ratio
        break
      case 'rule':
        event.rule = seenRules.find((rule) => rule === fields.rule)
        if (event.rule === undefined) return undefined
        break
      case 'endReason':
        event.endReason = endReasons.find((reason) => reason === fields.endReason)
        if (event.endReason === undefined) return undefined
        break
      case 'criteria':
        event.criteria = readCriteria(fields.criteria)
        if (event.criteria === undefined) return undefined
        break
      case 'completed':
        if (typeof fields.completed !== 'boolean') return undefined
        event.completed = fields.completed
        break
      default:
        return undefined
    }
  }
  const isPlain = event.type !== '' && MAX_FRAME_BYTES + units * MAX_BYTES_PER_UNIT <= maxEventBytes
  return isPlain ? event : undefined
}

function readContent(value: unknown): WireEvent['content'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { type, id } = value as { type?: unknown; id?: unknown }
  if (typeof type !== 'string' || !CONTENT_TYPE_PATTERN.test(type)) return undefined
  if (!isText(id, wireLimits.maxContentIdLength) || id === '') return undefined
  for (const name in value) if (name !== 'type' && name !== 'id') return undefined
  return { type, id }
}

function readCriteria(value: unknown): WireEvent['criteria'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { threshold, minDurationMs } = value as { threshold?: unknown; minDurationMs?: unknown }
  if (!isBetween0And(1, threshold) || !isWhole(minDurationMs, MAX_INT4)) return undefined
  for (const name in value) if (name !== 'threshold' && name !== 'minDurationMs') return undefined
  return { threshold, minDurationMs }
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most && Math.floor(value) === value
}

function isBetween0And(most: number, value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= most
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength && isStorableText(value)
}
