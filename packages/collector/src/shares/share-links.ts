// Links in their table: made, listed without their tokens, revoked.
import { randomUUID } from 'node:crypto'
import type { ContentRef } from '@sightline/sdk/wire'
import { sql, type Selectable } from 'kysely'
import type { Database } from '../database/open-database'
import type { ShareLinksTable } from '../database/tables'
import { Refusal } from '../errors'
import { hashOfShareToken, newShareToken } from '../identity/share-token'
import type { MadeShare, Share } from './shapes'

type Connection = Pick<Database, 'kysely'>

const DAY_MS = 86_400_000
/** More than people look after; a script that makes one for each visitor is told so. */
export const MAX_OPEN_LINKS = 500

export interface WantedShare {
  /** `null` for the overview. */
  content: ContentRef | null
  name: string | null
  /** `null` keeps it open until it is revoked. */
  expiresInDays: number | null
}

/** Makes a link. Only the hash of its token is stored, so it cannot be told again. */
export async function makeShare({ kysely }: Connection, wanted: WantedShare, nowMs: number): Promise<MadeShare> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from share_links
    where revoked_at is null and (expires_at is null or expires_at > ${new Date(nowMs)})`.execute(kysely)
  if ((rows[0]?.open ?? 0) >= MAX_OPEN_LINKS) {
    throw new Refusal(
      'invalid_share',
      `Expected fewer than ${MAX_OPEN_LINKS} open links. Revoke one that is not needed.`,
    )
  }
  const { content, name, expiresInDays } = wanted
  const token = newShareToken()
  const row = {
    id: randomUUID(),
    token_hash: hashOfShareToken(token),
    name,
    content_type: content?.type ?? null,
    content_id: content?.id ?? null,
    created_at: new Date(nowMs),
    expires_at: expiresInDays === null ? null : new Date(nowMs + expiresInDays * DAY_MS),
    revoked_at: null,
  }
  await kysely.insertInto('share_links').values(row).execute()
  return { ...toShare(row), token }
}

/** All links that are kept, newest first. */
export async function listShares({ kysely }: Connection): Promise<Share[]> {
  const rows = await kysely.selectFrom('share_links').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.map(toShare)
}

/** Shuts a link and returns whether there is one with this id. One that was shut before keeps its time. */
export async function revokeShare({ kysely }: Connection, id: string, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await kysely
    .updateTable('share_links')
    .set({ revoked_at: sql`coalesce(revoked_at, ${new Date(nowMs)})` })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function toShare(row: Omit<Selectable<ShareLinksTable>, 'token_hash'>): Share {
  const { content_type: type, content_id: contentId } = row
  const content = type === null || contentId === null ? null : { type, id: contentId }
  return {
    id: row.id,
    scope: content === null ? 'overview' : 'content',
    content,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }
}
