// The register of contents: what the site says about them, stored beside the names that events brought.
import { sql } from 'kysely'
import { contentKey } from '../content-key'
import type { Database } from '../database/open-database'
import type { ContentName, NamedContent } from './content-schema'

type Connection = Pick<Database, 'kysely'>

/** A content as the API tells it. */
export interface CatalogEntry {
  type: string
  id: string
  ownerId: string | null
  visibility: 'public' | 'private'
  /** Milliseconds. */
  durationMs: number | null
  /** ISO 8601. */
  publishedAt: string | null
  title: string | null
  /** `false` when only events have named it. */
  registered: boolean
}

/** Registers contents; what was registered before is replaced. Returns the keys that were not registered before. */
export async function registerContents(
  { kysely }: Connection,
  contents: readonly NamedContent[],
): Promise<Set<string>> {
  // The last of two with one name wins, and rows are locked in the order of their keys.
  const byKey = new Map(contents.map((content) => [contentKey(content.type, content.id), content]))
  const rows = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (rows.length === 0) return new Set()
  const keys = rows.map(([key]) => key)
  const list = rows.map(([, content]) => content)
  return kysely.transaction().execute(async (transaction) => {
    const { rows: known } = await sql<{ key: string }>`
      select content_key::text as key from content
      where content_key = any(${keys}::bigint[]) and registered for update`.execute(transaction)
    await sql`
      insert into content (content_key, type, id, owner_id, visibility, duration_ms, published_at, title, registered)
      select *, true from unnest(${keys}::bigint[], ${list.map(({ type }) => type)}::text[],
        ${list.map(({ id }) => id)}::text[], ${list.map(({ ownerId }) => ownerId ?? null)}::text[],
        ${list.map(({ visibility }) => visibility)}::text[], ${list.map(({ durationMs }) => durationMs ?? null)}::integer[],
        ${list.map(({ publishedAt }) => (publishedAt == null ? null : new Date(publishedAt).toISOString()))}::timestamptz[],
        ${list.map(({ title }) => title ?? null)}::text[])
      on conflict (content_key) do update set
        owner_id = excluded.owner_id, visibility = excluded.visibility, duration_ms = excluded.duration_ms,
        published_at = excluded.published_at, title = excluded.title, registered = true`.execute(transaction)
    const before = new Set(known.map(({ key }) => key))
    return new Set(keys.filter((key) => !before.has(key)))
  })
}

/** What is known about a content; `undefined` for one that neither an event nor the catalogue has named. */
export async function readContent(
  { kysely }: Connection,
  { type, id }: ContentName,
): Promise<CatalogEntry | undefined> {
  const row = await kysely
    .selectFrom('content')
    .select(['type', 'id', 'owner_id', 'visibility', 'duration_ms', 'published_at', 'title', 'registered'])
    .where('content_key', '=', contentKey(type, id))
    .executeTakeFirst()
  if (!row) return undefined
  return {
    type: row.type,
    id: row.id,
    ownerId: row.owner_id,
    visibility: row.visibility,
    durationMs: row.duration_ms,
    publishedAt: row.published_at?.toISOString() ?? null,
    title: row.title,
    registered: row.registered,
  }
}

/** Takes a content out of the catalogue; its name stays for the events about it. Returns whether it was registered. */
export async function unregisterContent({ kysely }: Connection, { type, id }: ContentName): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('content')
    .set({
      registered: false,
      owner_id: null,
      visibility: 'public',
      duration_ms: null,
      published_at: null,
      title: null,
    })
    .where('content_key', '=', contentKey(type, id))
    .where('registered', '=', true)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
