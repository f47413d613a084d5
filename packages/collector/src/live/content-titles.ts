// What the catalogue calls the contents of a live message; asked only while somebody listens, and remembered for a while.
import { sql } from 'kysely'
import { contentKey } from '../content-key'
import type { Database } from '../database/open-database'
import { createKeyedLookup } from '../keyed-lookup'

/** So long another collector's change of a title may not be seen here. */
const TTL_MS = 60_000
const MAX_REMEMBERED = 5_000

export interface ContentTitles {
  /** Title of each content, in the same order; `undefined` where the catalogue has none. */
  find(contents: readonly { type: string; id: string }[]): Promise<(string | undefined)[]>
  /** Forgets what was known, after the catalogue changed. */
  forget(contentKeys: readonly string[]): void
}

export function createContentTitles({ stats: kysely }: Pick<Database, 'stats'>, now: () => number): ContentTitles {
  const titles = createKeyedLookup<string>({
    async load(keys) {
      const { rows } = await sql<{ key: string; title: string }>`
        select content_key::text as key, title from content
        where content_key = any(${`{${keys.join()}}`}::bigint[]) and title is not null`.execute(kysely)
      return new Map(rows.map(({ key, title }) => [key, title]))
    },
    ttlMs: TTL_MS,
    maxEntries: MAX_REMEMBERED,
    now,
  })
  return {
    async find(contents) {
      const keys = contents.map(({ type, id }) => contentKey(type, id))
      const found = await titles.find(keys)
      return keys.map((key) => found.get(key))
    },
    forget: titles.forget,
  }
}
