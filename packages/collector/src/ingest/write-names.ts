// Contents get their names when they are first met.
import { NO_CONTENT_KEY } from '../content-key'
import { Bigints, Texts } from './array-bytes'
import type { EventRow } from './enrich'
import { column, upsertStatement, type Run } from './insert-statement'

interface ContentName {
  key: string
  type: string
  id: string
}

export function namesOf(rows: readonly EventRow[]): ContentName[] {
  const names = new Map<string, ContentName>()
  for (const { contentKey: key, contentType: type, contentId: id } of rows) {
    if (key !== NO_CONTENT_KEY && type !== undefined && id !== undefined) names.set(key, { key, type, id })
  }
  return [...names.values()]
}

const insertNames = upsertStatement<ContentName>(
  'content',
  [
    column('content_key', Bigints, ({ key }) => key),
    column('type', Texts, ({ type }) => type),
    column('id', Texts, ({ id }) => id),
  ],
  'on conflict do nothing',
)

export async function writeNames(run: Run, names: readonly ContentName[]): Promise<void> {
  if (names.length === 0) return
  await insertNames(run, names)
}
