// Gives the sample content its titles, as a site's own catalogue would.
import type { Kysely } from 'kysely'
import { contentKey } from '../content-key'
import type { Tables } from '../database/tables'
import type { DemoPost } from './posts'

export async function nameContent(db: Kysely<Tables>, posts: readonly DemoPost[]): Promise<void> {
  const rows = posts.map(({ type, id, title }) => ({
    content_key: contentKey(type, id),
    type,
    id,
    title,
    owner_id: null,
    duration_ms: null,
    published_at: null,
    registered: true,
  }))
  await db
    .insertInto('content')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('content_key').doUpdateSet((row) => ({ title: row.ref('excluded.title'), registered: true })),
    )
    .execute()
}
