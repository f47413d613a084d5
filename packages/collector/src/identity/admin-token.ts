// Admin tokens: made here, shown once, stored as a hash, found again by that hash.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '../database/open-database'

type Connection = Pick<Database, 'kysely'>

const hashOf = (token: string) => createHash('sha256').update(token).digest()
/** 256 random bits; the prefix lets people and secret scanners recognise it. */
const newToken = () => `sightline_${randomBytes(32).toString('base64url')}`

export interface AdminTokenInfo {
  /** First eight hexadecimal digits of the hash; names the token when it is revoked. */
  id: string
  name: string
  createdAt: Date
  revokedAt: Date | null
}

/** Makes a token and returns it; only its hash is stored, so it cannot be shown again. */
export async function createAdminToken({ kysely }: Connection, name: string, now: number): Promise<string> {
  const token = newToken()
  await kysely
    .insertInto('admin_tokens')
    .values({ token_hash: hashOf(token), name, created_at: new Date(now), revoked_at: null })
    .execute()
  return token
}

/** Makes the very first token, or returns `undefined` when there has been one, however many processes start at once. */
export async function createFirstAdminToken({ kysely }: Connection, now: number): Promise<string | undefined> {
  const token = newToken()
  return kysely.transaction().execute(async (transaction) => {
    await sql`lock table admin_tokens in share row exclusive mode`.execute(transaction)
    const existing = await transaction.selectFrom('admin_tokens').select('name').limit(1).executeTakeFirst()
    if (existing) return undefined
    await transaction
      .insertInto('admin_tokens')
      .values({ token_hash: hashOf(token), name: 'first', created_at: new Date(now), revoked_at: null })
      .execute()
    return token
  })
}

export async function listAdminTokens({ kysely }: Connection): Promise<AdminTokenInfo[]> {
  const rows = await kysely.selectFrom('admin_tokens').selectAll().orderBy('created_at').orderBy('name').execute()
  return rows.map((row) => ({
    id: Buffer.from(row.token_hash).toString('hex', 0, 4),
    name: row.name,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }))
}

/** Revokes every token with this id or name and returns how many there were. */
export async function revokeAdminTokens(db: Connection, idOrName: string, now: number): Promise<number> {
  const { numUpdatedRows } = await db.kysely
    .updateTable('admin_tokens')
    .set({ revoked_at: new Date(now) })
    .where('revoked_at', 'is', null)
    .where((is) => is.or([is('name', '=', idOrName), is(sql`left(encode(token_hash, 'hex'), 8)`, '=', idOrName)]))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Tells admin tokens from others. Looks every token up, so a revoked one is refused at once. */
export function createAdminTokenCheck({ kysely }: Connection, fixedToken: string | undefined) {
  const fixedHash = fixedToken === undefined ? undefined : hashOf(fixedToken)

  return async function isAdminToken(token: string): Promise<boolean> {
    const hash = hashOf(token)
    if (fixedHash && timingSafeEqual(hash, fixedHash)) return true
    const row = await kysely
      .selectFrom('admin_tokens')
      .select('name')
      .where('token_hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return row !== undefined
  }
}
