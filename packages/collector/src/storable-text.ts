// A stranger's text on its way into the database: what PostgreSQL cannot store becomes a visible replacement.
import { toUSVString } from 'node:util'

const REPLACEMENT = '\uFFFD'
/** Also whole pairs, which stay as they are. */
const UNSTORABLE = /[\0\uD800-\uDFFF]/

/** Whether the text can be stored as it is. Characters beyond 16 bits are told to be unusual, to be quick. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text)
}

/** The text with U+FFFD for what PostgreSQL cannot store (NUL) and what is no character (half a surrogate pair). */
export function storableText(text: string): string {
  // Nearly no text needs it, and looking is a tenth of the work.
  if (!UNSTORABLE.test(text)) return text
  return toUSVString(text).replaceAll('\0', REPLACEMENT)
}
