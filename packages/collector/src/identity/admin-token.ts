// Admin tokens: made here, shown once, stored as a hash, found again by that hash.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'

type Connection = Pick<Database, 'kysely'>

const hashOf = (token: string) => createHash('sha256').update(token).digest()
/** 256 random bits; the prefix lets people and secret scanners recognise it. */
const newToken = () => `sightline_${randomBytes(32).toString('base64url')}`
const TOKEN_SHAPE = /^sightline_[\w-]{43}$/
/** Tokens that were valid before; a stranger who guesses from the same network does not lock them out. */
const MAX_REMEMBERED = 1_000

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

/**
 * Tells admin tokens from others. Looks every token up, so a revoked one is refused at once.
 * @param mayTry counts a wrong token against a network; answers the milliseconds it has to wait, or 0.
 */
export function createAdminTokenCheck(
  { kysely }: Connection,
  fixedToken: string | undefined,
  mayTry: { waitMs: (network: string) => number; take: (network: string, amount: number) => number },
) {
  const fixedHash = fixedToken === undefined ? undefined : hashOf(fixedToken)
  const validBefore = new Set<string>()

  return async function isAdminToken(token: string, network: string): Promise<boolean> {
    const hash = hashOf(token)
    if (fixedHash && timingSafeEqual(hash, fixedHash)) return true
    const name = hash.toString('base64')
    const waitMs = validBefore.has(name) ? 0 : mayTry.waitMs(network)
    if (waitMs > 0) throw new Refusal('too_many_attempts', undefined, Math.ceil(waitMs / 1_000))
    if (TOKEN_SHAPE.test(token) && (await isValid(hash))) {
      if (validBefore.size >= MAX_REMEMBERED) validBefore.clear()
      validBefore.add(name)
      return true
    }
    validBefore.delete(name)
    mayTry.take(network, 1)
    return false
  }

  async function isValid(hash: Buffer): Promise<boolean> {
    const row = await kysely
      .selectFrom('admin_tokens')
      .select('name')
      .where('token_hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return row !== undefined
  }
}
