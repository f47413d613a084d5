// What the catalogue says about content, as ingest asks it: whose it is, who may see it, how long it is.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { createKeyedLookup } from '../keyed-lookup'

/** Rules of one registered content. */
export interface ContentRule {
  ownerId: string | null
  isPrivate: boolean
  /** Length of the content itself, in milliseconds. */
  durationMs: number | null
}

export interface ContentRules {
  /** Rules by content key; content that is not registered has none. */
  find(contentKeys: readonly string[]): Promise<ReadonlyMap<string, ContentRule>>
  /** Forgets what was known, after the catalogue changed. */
  forget(contentKeys: readonly string[]): void
}

/** So long another collector may still go by what the catalogue said before. */
const TTL_MS = 5_000
const MAX_REMEMBERED = 50_000
const none: ReadonlyMap<string, ContentRule> = new Map()

/**
 * @param isStrict whether content must be registered. Then an answer of "not registered" is asked for every time, because
 * a content may be registered on one collector and seen on another a moment later.
 */
export function createContentRules(
  { kysely }: Pick<Database, 'kysely'>,
  isStrict: boolean,
  now: () => number,
): ContentRules {
  const rules = createKeyedLookup<ContentRule>({
    async load(contentKeys) {
      const { rows } = await sql<{ content_key: string; owner_id: string | null; private: boolean; ms: number | null }>`
        select content_key::text as content_key, owner_id, visibility = 'private' as private, duration_ms as ms
        from content where content_key = any(${`{${contentKeys.join()}}`}::bigint[]) and registered`.execute(kysely)
      return new Map(
        rows.map((row) => [
          row.content_key,
          { ownerId: row.owner_id, isPrivate: row.private, durationMs: row.ms } satisfies ContentRule,
        ]),
      )
    },
    ttlMs: TTL_MS,
    ttlOfNoneMs: isStrict ? 0 : TTL_MS,
    maxEntries: MAX_REMEMBERED,
    now,
  })
  // Most sites register nothing; they pay one small question every few seconds.
  const usage = createKeyedLookup<true>({
    async load() {
      const { rows } = await sql<{ used: boolean }>`
        select exists (select 1 from content where registered) as used`.execute(kysely)
      return new Map(rows[0]?.used ? [['used', true]] : [])
    },
    ttlMs: TTL_MS,
    maxEntries: 1,
    now,
  })

  return {
    async find(contentKeys) {
      if (contentKeys.length === 0) return none
      if (!isStrict && !(await usage.find(['used'])).has('used')) return none
      return rules.find(contentKeys)
    },
    forget(contentKeys) {
      usage.forget(['used'])
      rules.forget(contentKeys)
    },
  }
}
