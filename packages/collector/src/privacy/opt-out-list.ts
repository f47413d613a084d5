// Who asked not to be measured, as ingest asks it: by viewer key, before anything of theirs is stored.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { createKeyedLookup } from '../keyed-lookup'

export interface OptOutList {
  isOptedOut(viewerKey: string): Promise<boolean>
  /** Forgets what was known about a viewer, after the opt-out was set or taken back here. */
  forget(viewerKey: string): void
}

/** So long another collector may still store events of a viewer who just opted out. */
const TTL_MS = 5_000
const MAX_REMEMBERED = 50_000

export function createOptOutList({ kysely }: Pick<Database, 'kysely'>, now: () => number): OptOutList {
  const optOuts = createKeyedLookup<true>({
    async load(viewerKeys) {
      const { rows } = await sql<{ key: string }>`
        select viewer_key::text as key from opt_outs
        where viewer_key = any(${`{${viewerKeys.join()}}`}::bigint[])`.execute(kysely)
      return new Map(rows.map(({ key }) => [key, true]))
    },
    ttlMs: TTL_MS,
    maxEntries: MAX_REMEMBERED,
    now,
  })
  // While nobody has opted out, that is all there is to know.
  const usage = createKeyedLookup<true>({
    async load() {
      const { rows } = await sql<{ used: boolean }>`select exists (select 1 from opt_outs) as used`.execute(kysely)
      return new Map(rows[0]?.used ? [['used', true]] : [])
    },
    ttlMs: TTL_MS,
    maxEntries: 1,
    now,
  })

  return {
    async isOptedOut(viewerKey) {
      if (!(await usage.find(['used'])).has('used')) return false
      return (await optOuts.find([viewerKey])).has(viewerKey)
    },
    forget(viewerKey) {
      usage.forget(['used'])
      optOuts.forget([viewerKey])
    },
  }
}
