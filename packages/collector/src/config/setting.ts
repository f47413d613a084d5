// What is known of one setting: its schema, default and words, and how a text becomes its value.
import { z } from 'zod'

export interface Setting<Schema extends z.ZodType> {
  /** Type and range. */
  schema: Schema
  /** Flag of the command line; its environment twin is the same in capitals. */
  flag: string
  /** Unit, or kind of value. */
  unit: string
  default: z.output<Schema>
  description: string
  /** What is expected, as it follows "must be". */
  expected: string
  example: string
  /** Text of a flag or a variable → what the schema checks. */
  read: (text: string) => unknown
  /** Never shown in messages. */
  secret: boolean
}

type SettingNotes = Pick<Setting<z.ZodType>, 'flag' | 'unit' | 'description' | 'expected' | 'example'>

export const text = (value: string): unknown => value
export const wholeNumber = (value: string): unknown => (/^\d+$/.test(value.trim()) ? Number(value) : value)
export const list = (value: string): unknown =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

export function setting<Schema extends z.ZodType>(
  schema: Schema,
  fallback: z.output<Schema>,
  notes: SettingNotes,
  read: Setting<Schema>['read'] = text,
  secret = false,
): Setting<Schema> {
  return { schema, default: fallback, ...notes, read, secret }
}

export const TOGGLE_UNIT = 'true or false'

export function toggle(fallback: boolean, notes: Omit<SettingNotes, 'unit' | 'expected' | 'example'>) {
  return setting(
    z.boolean(),
    fallback,
    { ...notes, unit: TOGGLE_UNIT, expected: TOGGLE_UNIT, example: String(!fallback) },
    (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  )
}

export function count(
  fallback: number,
  notes: Omit<SettingNotes, 'expected' | 'example'>,
  least = 1,
  most = 2 ** 31 - 1,
) {
  const range = most === 2 ** 31 - 1 ? `from ${least} up` : `from ${least} to ${most}`
  return setting(
    z.int().min(least).max(most),
    fallback,
    { ...notes, expected: `a whole number of ${notes.unit} ${range}`, example: String(fallback) },
    wholeNumber,
  )
}

/** A number that may have a fraction. */
export function amount(fallback: number, notes: Omit<SettingNotes, 'expected' | 'example'>, most: number) {
  return setting(
    z.number().min(0).max(most),
    fallback,
    { ...notes, expected: `a number from 0 to ${most}`, example: String(fallback) },
    (value) => (/^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value),
  )
}
