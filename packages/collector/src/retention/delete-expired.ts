// What has an age limit of its own is deleted here; raw events go with their partitions.
import type { Database } from '../database/open-database'

const DAY_MS = 86_400_000
/** Long enough for a repair after a weekend, short enough for what may hold anything. */
export const DEAD_LETTER_DAYS = 7

/** Deletes dead letters that nobody replayed in time. May be killed anywhere and run twice. */
export async function deleteOldDeadLetters(db: Pick<Database, 'kysely'>, now: number): Promise<void> {
  await db.kysely
    .deleteFrom('dead_letters')
    .where('received_at', '<', new Date(now - DEAD_LETTER_DAYS * DAY_MS))
    .execute()
}
