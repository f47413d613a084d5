// What may be said about a content in the catalogue, as zod checks it.
import { CONTENT_TYPE_PATTERN, wireLimits } from '@sightline/sdk/wire'
import { z } from 'zod'
import { EXPECTED_INSTANT, readInstant } from '../instant'
import { storableText } from '../storable-text'

/** PostgreSQL's integer; 24 days. */
const MAX_INT4 = 2_147_483_647
/** As long as the `sub` of a token may be. */
const MAX_OWNER_LENGTH = 256
const MAX_TITLE_LENGTH = 512
/** What PostgreSQL and JavaScript both can write as a date. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z')
const LATEST = Date.parse('9999-12-31T23:59:59Z')

const text = (maxLength: number) => z.string().min(1).max(maxLength).transform(storableText)
const instant = z
  .union([
    z.number(),
    z
      .string()
      .refine((given) => !Number.isNaN(readInstant(given)), EXPECTED_INSTANT)
      .transform(readInstant),
  ])
  .refine((ms) => ms >= EARLIEST && ms <= LATEST, 'expected a time between the years 1 and 9999')

/** Everything about a content but its name. What is left out is unknown, and public. */
export const contentFieldsSchema = z.strictObject({
  ownerId: text(MAX_OWNER_LENGTH).nullish(),
  visibility: z.enum(['public', 'private']).default('public'),
  /** Length of a video or a recording, in milliseconds. */
  durationMs: z.int().min(1).max(MAX_INT4).nullish(),
  publishedAt: instant.nullish(),
  title: text(MAX_TITLE_LENGTH).nullish(),
})

export const contentNameSchema = z.object({
  type: z.string().regex(CONTENT_TYPE_PATTERN, 'expected a letter, then at most 63 letters, digits, "_", "-" or "."'),
  // As in events: two spellings of one id must not become two contents.
  id: text(wireLimits.maxContentIdLength),
})

export const namedContentSchema = contentFieldsSchema.extend(contentNameSchema.shape)

export type ContentName = z.output<typeof contentNameSchema>
export type NamedContent = z.output<typeof namedContentSchema>

/** The first mistake in a sentence. */
export function sentenceOf(error: z.ZodError): string {
  const [issue] = error.issues
  const path = issue?.path.join('.') ?? ''
  return `Wrong value in ${path === '' ? 'the content' : `"${path}"`}: ${issue?.message ?? 'not readable'}.`
}
