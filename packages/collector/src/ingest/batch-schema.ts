// The wire format as zod checks it. Types and limits are the SDK's; what drifts apart does not compile.
import {
  CONTENT_TYPE_PATTERN,
  EVENT_TYPE_PATTERN,
  wireLimits,
  type Batch,
  type DropCounts,
  type DropReason,
  type JsonValue,
  type SeenRule,
  type ViewEndReason,
  type WireEvent,
} from '@sightline/sdk/wire'
import { z } from 'zod'
import { EXPECTED_INSTANT, readInstant } from '../instant'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** PostgreSQL's integer. */
export const MAX_INT4 = 2_147_483_647

const uuid = z.string().regex(UUID, 'expected a UUID').toLowerCase()
const typeName = z
  .string()
  .regex(EVENT_TYPE_PATTERN, 'expected a lower-case letter, then at most 63 lower-case letters, digits or underscores')
const contentType = z
  .string()
  .regex(CONTENT_TYPE_PATTERN, 'expected a letter, then at most 63 letters, digits, "_", "-" or "."')
const share = z.number().min(0).max(1)
const naturalNumber = z.int().min(0).max(MAX_INT4)
/** A stretch of time; one of more than 24 days is brought to the longest that can be stored. */
const stretchMs = z
  .number()
  .min(0)
  .transform((ms) => Math.min(Math.round(ms), MAX_INT4))
const instant = z.union([
  z.number(),
  z
    .string()
    .refine((text) => !Number.isNaN(readInstant(text)), EXPECTED_INSTANT)
    .transform(readInstant),
])

export const seenRules = ['area', 'oversize', 'interaction'] as const satisfies readonly SeenRule[]

export const endReasons = [
  'left',
  'hidden',
  'pagehide',
  'frozen',
  'removed',
  'recycled',
  'route',
  'session',
  'untracked',
  'closed',
  'ended',
] as const satisfies readonly ViewEndReason[]

const dropReasons = [
  'consent',
  'sampled',
  'before_send',
  'duplicate',
  'invalid',
  'too_large',
  'queue_full',
  'expired',
  'rejected',
  'storage',
] as const satisfies readonly DropReason[]

// The walk has already seen every value inside, so nothing is left to check but the outer shape.
const metadata = z.custom<Record<string, JsonValue>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
)

export const eventSchema = z.object({
  id: uuid.optional(),
  type: typeName,
  occurredAt: instant.optional(),
  sessionId: uuid.optional(),
  seq: naturalNumber.optional(),
  content: z.object({ type: contentType, id: z.string().min(1).max(wireLimits.maxContentIdLength) }).optional(),
  source: z.string().optional(),
  viewType: z.string().optional(),
  position: naturalNumber.optional(),
  referrer: z.string().optional(),
  durationMs: stretchMs.optional(),
  scrollDepth: z.number().min(0).max(100).optional(),
  ratio: share.optional(),
  rule: z.enum(seenRules).optional(),
  criteria: z
    .object({
      threshold: share,
      minDurationMs: stretchMs,
      accumulate: z.boolean().optional(),
      largeArea: z.object({ areaPx: z.number().min(0), threshold: share }).optional(),
    })
    .optional(),
  confirmLagMs: stretchMs.optional(),
  totalMs: stretchMs.optional(),
  stallMs: stretchMs.optional(),
  endReason: z.enum(endReasons).optional(),
  mediaDurationMs: stretchMs.optional(),
  completed: z.boolean().optional(),
  pipMs: stretchMs.optional(),
  metadata: metadata.optional(),
}) satisfies z.ZodType<WireEvent>

// A newer SDK may know more reasons; those are left out instead of losing its events.
const drops = z.record(z.string(), z.unknown()).transform((counts) => {
  const known: DropCounts = {}
  for (const reason of dropReasons) {
    const count = naturalNumber.safeParse(counts[reason])
    if (count.success && count.data > 0) known[reason] = count.data
  }
  return known
})

const envelopeFields = {
  v: z.int().min(1).optional(),
  sentAt: z.number().optional(),
  sdk: z.string().max(wireLimits.maxLabelLength).optional(),
  anonymousId: z.string().max(wireLimits.maxLabelLength).optional(),
  token: z.string().optional(),
  drops: drops.optional(),
}

/** The envelope alone; its events are judged one by one, so that a bad one fails alone. */
export const envelopeSchema = z.object({ ...envelopeFields, events: z.array(z.unknown()) })

export const batchSchema = z.object({ ...envelopeFields, events: z.array(eventSchema) }) satisfies z.ZodType<Batch>

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
type Flat<T> = T extends readonly (infer Item)[]
  ? Flat<Item>[]
  : T extends object
    ? { [Key in keyof T]: Flat<T[Key]> }
    : T

/** Compiles only while collector and SDK describe the same batch, in both directions. */
export const batchIsTheSame: Same<Flat<z.output<typeof batchSchema>>, Flat<Batch>> = true
