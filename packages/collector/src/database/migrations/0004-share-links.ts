// Links that show one page of the dashboard to whoever has them.
import { sql, type Kysely, type Migration } from 'kysely'

const statements = [
  `create table share_links (
    id uuid primary key,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    token_hash bytea not null,
    name text,
    content_type text,
    content_id text
  )`,
  `create unique index share_links_token on share_links (token_hash)`,
]

export const shareLinks: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
