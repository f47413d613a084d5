// One stored event as it leaves the collector and comes back: the names of the wire, and what the collector had decided.
import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import { channelCodes, deviceCodes, endReasonCodes } from './database/codes'

const keysOf = <Name extends string>(codes: Record<Name, number>) => Object.keys(codes) as [Name, ...Name[]]

const integer = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31 - 1)
const amount = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
const small = z.int().min(0).max(32_767)
const instant = z.iso.datetime({ offset: true })
const label = z.string().max(1_024)

/** Every field of an exported event, in the order of the columns of a CSV file. Left out where there is nothing. */
export const exportedEventSchema = z.strictObject({
  id: z.uuid(),
  type: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  contentType: label.optional(),
  contentId: z.string().max(2_048).optional(),
  /** When it happened, ISO 8601. */
  occurredAt: instant,
  receivedAt: instant,
  /** Who saw it, as a number of 63 bits; `0` for nobody who may be known. */
  viewerKey: z.string().regex(/^\d{1,19}$/),
  userId: z.string().max(256).optional(),
  sessionId: z.uuid().optional(),
  seq: integer.optional(),
  source: label.optional(),
  /** 0-based place in a list. */
  position: integer.optional(),
  viewType: label.optional(),
  durationMs: amount.optional(),
  totalMs: amount.optional(),
  stallMs: amount.optional(),
  mediaDurationMs: amount.optional(),
  pipMs: amount.optional(),
  minDurationMs: amount.optional(),
  /** 0–100. */
  scrollDepth: small.optional(),
  /** Percent of the area. */
  ratio: small.optional(),
  threshold: small.optional(),
  confirmLagMs: small.optional(),
  endReason: z.enum(keysOf(endReasonCodes)).optional(),
  channel: z.enum(keysOf(channelCodes)),
  device: z.enum(keysOf(deviceCodes)),
  country: z.string().max(2).optional(),
  referrerDomain: z.string().max(253).optional(),
  /** Whether it is part of the counters. */
  counted: z.boolean(),
  /** Bits, see `ingest/flags.ts`. */
  flags: amount,
  metadata: z.record(z.string(), z.unknown()).optional(),
})

export type ExportedEvent = z.infer<typeof exportedEventSchema>

/** Names of the fields, in order. */
export const exportedFields = Object.keys(exportedEventSchema.shape) as (keyof ExportedEvent)[]

/** Fields of {@link ExportedEvent} that are no text, by how they are read from text. */
export const exportedNumbers: ReadonlySet<keyof ExportedEvent> = new Set(
  exportedFields.filter((name) => {
    const schema: z.ZodType = exportedEventSchema.shape[name]
    const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema
    return inner instanceof z.ZodNumber
  }),
)

/** Columns of the view `event_log` as {@link ExportedEvent} names them. */
export const exportedColumns: RawBuilder<unknown> = sql.raw(
  exportedFields
    .map((name) => {
      const column = name === 'id' ? 'event_id' : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      return `${column} as "${name}"`
    })
    .join(', '),
)

/** A row of {@link exportedColumns} without what is not there, and with times as text. */
export function toExportedEvent(row: Record<string, unknown>): ExportedEvent {
  const event: Record<string, unknown> = {}
  for (const name of exportedFields) {
    const value = row[name]
    if (value === null || value === undefined) continue
    event[name] = value instanceof Date ? value.toISOString() : value
  }
  // Its columns are those of the schema; what the tables hold passed stricter checks on its way in.
  return event as ExportedEvent
}
