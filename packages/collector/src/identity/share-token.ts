// Tokens of share links: made here, told once, stored as a hash, found again by that hash while the link is open.
import { createHash, randomBytes } from 'node:crypto'
import type { ContentRef } from '@sightline/sdk/wire'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'

/** People and secret scanners recognise it; no admin token and no JWT looks like it. */
const PREFIX = 'sightline_share_'
const TOKEN_SHAPE = /^sightline_share_[\w-]{43}$/
/** Links that were open before; a stranger who guesses from the same network does not shut them. */
const MAX_REMEMBERED = 1_000

/** What a share link is told everywhere but on its own page. */
export const SHARE_REFUSAL = 'A share link opens the page it was made for, and nothing else.'

/** What a link opens, and until when. */
export interface OpenShare {
  name: string | null
  /** The one content whose page it opens; `null` for the overview. */
  content: ContentRef | null
  expiresAt: Date | null
}

/** 256 random bits. */
export const newShareToken = (): string => PREFIX + randomBytes(32).toString('base64url')

export const hashOfShareToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export const looksLikeShareToken = (token: string): boolean => token.startsWith(PREFIX)

/**
 * Finds what a token opens. Looks every token up, so a link that was revoked is shut at once.
 * @param mayTry counts a token that never was against a network; answers the milliseconds it has to wait, or 0.
 */
export function createShareCheck(
  { stats: kysely }: Pick<Database, 'stats'>,
  mayTry: { waitMs: (network: string) => number; take: (network: string, amount: number) => number },
  now: () => number,
) {
  const openBefore = new Set<string>()

  /** Rejects with a {@link Refusal} that says why a link opens nothing. */
  return async function openShare(token: string, network: string): Promise<OpenShare> {
    const hash = hashOfShareToken(token)
    const name = hash.toString('base64')
    const waitMs = openBefore.has(name) ? 0 : mayTry.waitMs(network)
    if (waitMs > 0) throw new Refusal('too_many_attempts', undefined, Math.ceil(waitMs / 1_000))
    const row = TOKEN_SHAPE.test(token) ? await find(hash) : undefined
    if (row === undefined) {
      openBefore.delete(name)
      mayTry.take(network, 1)
      throw new Refusal('link_not_valid')
    }
    if (row.revoked_at !== null) {
      throw new Refusal('link_not_valid', 'This share link was revoked. Ask whoever sent it for another one.')
    }
    if (row.expires_at !== null && row.expires_at.getTime() <= now()) {
      const lastMinute = row.expires_at.toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ')
      throw new Refusal(
        'link_not_valid',
        `This share link ended on ${lastMinute} UTC. Ask whoever sent it for another one.`,
      )
    }
    if (openBefore.size >= MAX_REMEMBERED) openBefore.clear()
    openBefore.add(name)
    const { content_type: type, content_id: id } = row
    return { name: row.name, content: type === null || id === null ? null : { type, id }, expiresAt: row.expires_at }
  }

  async function find(hash: Buffer) {
    return kysely
      .selectFrom('share_links')
      .select(['name', 'content_type', 'content_id', 'expires_at', 'revoked_at'])
      .where('token_hash', '=', hash)
      .executeTakeFirst()
  }
}
