// Who asked not to be measured or to be forgotten, as ingest asks it: by viewer key, before anything of theirs is stored.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { createKeyedLookup } from '../keyed-lookup'

/** What a viewer asked for. */
export interface Objection {
  /** Nothing of theirs is stored. */
  isOptedOut: boolean
  /** What happened until then is not stored, in milliseconds since 1970; 0 when they never asked. */
  erasedUntilMs: number
}

export interface OptOutList {
  objectionOf(viewerKey: string): Promise<Objection>
  /** Forgets what was known about a viewer, after it was changed here. */
  forget(viewerKey: string): void
}

/** So long another collector may still store events of a viewer who just opted out or was erased. */
export const OBJECTION_TTL_MS = 5_000
const MAX_REMEMBERED = 50_000
const none: Objection = { isOptedOut: false, erasedUntilMs: 0 }

export function createOptOutList({ kysely }: Pick<Database, 'kysely'>, now: () => number): OptOutList {
  const objections = createKeyedLookup<Objection>({
    async load(viewerKeys) {
      const { rows } = await sql<{ key: string; isOptedOut: boolean; erasedAt: Date | null }>`
        select key::text as key, opt_outs.viewer_key is not null as "isOptedOut", erased_at as "erasedAt"
        from unnest(${`{${viewerKeys.join()}}`}::bigint[]) as asked (key)
        left join opt_outs on opt_outs.viewer_key = key
        left join erased_viewers on erased_viewers.viewer_key = key
        where opt_outs.viewer_key is not null or erased_at is not null`.execute(kysely)
      return new Map(
        rows.map(({ key, isOptedOut, erasedAt }) => [key, { isOptedOut, erasedUntilMs: erasedAt?.getTime() ?? 0 }]),
      )
    },
    ttlMs: OBJECTION_TTL_MS,
    maxEntries: MAX_REMEMBERED,
    now,
  })
  // While nobody has objected, that is all there is to know.
  const usage = createKeyedLookup<true>({
    async load() {
      const { rows } = await sql<{ used: boolean }>`
        select exists (select 1 from opt_outs) or exists (select 1 from erased_viewers) as used`.execute(kysely)
      return new Map(rows[0]?.used ? [['used', true]] : [])
    },
    ttlMs: OBJECTION_TTL_MS,
    maxEntries: 1,
    now,
  })

  return {
    async objectionOf(viewerKey) {
      if (!(await usage.find(['used'])).has('used')) return none
      return (await objections.find([viewerKey])).get(viewerKey) ?? none
    },
    forget(viewerKey) {
      usage.forget(['used'])
      objections.forget([viewerKey])
    },
  }
}
