// Who saw it, as a number: from the user, from an id the site keeps, or from network and browser with a salt of the day.
import { createHmac, randomBytes } from 'node:crypto'
import { first63Bits, hashedKey } from '../content-key'
import type { Database } from '../database/open-database'
import { addDays, utcDay } from '../site-clock'
import { clientNetwork } from './client-address'

export interface Viewer {
  userId?: string | undefined
  anonymousId?: string | undefined
  /** IP address of the client; used for the hash and nothing else. */
  address: string
  userAgent: string
}

type Connection = Pick<Database, 'kysely'>

/** Key of a signed-in viewer, on every device and every day the same. */
export const keyOfUser = (userId: string): string => hashedKey(`user:${userId}`)
/** Key of a visitor by the id that the site's page keeps. */
export const keyOfAnonymous = (anonymousId: string): string => hashedKey(`anon:${anonymousId}`)

/**
 * Keys of viewers: 63 bits, as a decimal string. Without a user and an anonymous id the key changes every UTC day, and
 * once the day's random salt is destroyed nobody can compute it again.
 */
export function createViewerKeys(db: Connection, now: () => number) {
  let cached: { day: string; salt: Promise<Uint8Array> } | undefined

  function saltOf(day: string): Promise<Uint8Array> {
    if (cached?.day === day) return cached.salt
    const salt = agreeOnSalt(db, day)
    const entry = { day, salt }
    cached = entry
    // A failure is not remembered: the next request asks again.
    salt.catch(() => {
      if (cached === entry) cached = undefined
    })
    return salt
  }

  return async function viewerKey({ userId, anonymousId, address, userAgent }: Viewer): Promise<string> {
    if (userId !== undefined) return keyOfUser(userId)
    if (anonymousId) return keyOfAnonymous(anonymousId)
    const salt = await saltOf(utcDay(now()))
    return first63Bits(
      createHmac('sha256', salt)
        .update(`${clientNetwork(address)}\0${userAgent}`)
        .digest(),
    )
  }
}

// The first collector to insert decides; all others read what it wrote.
async function agreeOnSalt({ kysely }: Connection, day: string): Promise<Uint8Array> {
  await kysely
    .insertInto('salts')
    .values({ day, salt: randomBytes(32) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { salt } = await kysely.selectFrom('salts').select('salt').where('day', '=', day).executeTakeFirstOrThrow()
  return salt
}

/** Destroys the salts of all days before yesterday, so none lives longer than 48 hours. */
export async function destroyOldSalts({ kysely }: Connection, now: number): Promise<void> {
  await kysely
    .deleteFrom('salts')
    .where('day', '<', addDays(utcDay(now), -1))
    .execute()
}
