// Events that the database once refused are written again, after people have repaired what refused them.
import { classifyError, errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import type { EventRow } from './enrich'
import { createEventWriter } from './write-events'

/** What became of the dead letters of one replay. */
export interface Replayed {
  stored: number
  /** Had been stored in the meantime, so nothing was added. */
  duplicates: number
  /** Refused again; they are still there. */
  refused: { id: string; code: string }[]
}

const LETTERS_AT_ONCE = 500

/** Dead letters, oldest first, without what their senders wrote. */
export async function listDeadLetters({ kysely }: Pick<Database, 'kysely'>) {
  const letters = await kysely
    .selectFrom('dead_letters')
    .select(['event_id as id', 'received_at as receivedAt', 'code', 'message'])
    .orderBy('received_at')
    .orderBy('event_id')
    .execute()
  return letters
}

/**
 * Stores each dead letter under its own id and its own time, once, and takes it out of the table; all, or one by id.
 * May be stopped anywhere and run again: what was stored already is a duplicate.
 */
export async function replayDeadLetters(
  db: Pick<Database, 'kysely'>,
  { viewDedupeMs, now = Date.now, onlyId }: { viewDedupeMs: number; now?: () => number; onlyId?: string | undefined },
): Promise<Replayed> {
  const { writeGroup } = createEventWriter(db, now, () => {}, viewDedupeMs)
  const replayed: Replayed = { stored: 0, duplicates: 0, refused: [] }
  let after = { receivedAt: new Date(0), id: '00000000-0000-0000-0000-000000000000' }
  for (;;) {
    const letters = await readLettersAfter(db, after, onlyId)
    for (const letter of letters) {
      after = { receivedAt: letter.received_at, id: letter.event_id }
      // Written by buryRow of the same version or an older one; every field that it left out was undefined.
      const row = { ...JSON.parse(letter.stored_as), event: JSON.parse(letter.event) } as EventRow
      try {
        const repeats = await writeGroup({ rows: [row], tallies: [], drops: new Map() })
        if (repeats.size > 0) replayed.duplicates++
        else replayed.stored++
        await db.kysely.deleteFrom('dead_letters').where('event_id', '=', letter.event_id).execute()
      } catch (error) {
        const kind = classifyError(error)
        // Without a partition its day is over, or not made yet; neither is repaired by trying again.
        if (kind !== 'data' && kind !== 'partition') throw error
        replayed.refused.push({ id: letter.event_id, code: errorCode(error) ?? '' })
      }
    }
    if (letters.length < LETTERS_AT_ONCE) return replayed
  }
}

function readLettersAfter(
  { kysely }: Pick<Database, 'kysely'>,
  after: { receivedAt: Date; id: string },
  onlyId: string | undefined,
) {
  const letters = kysely
    .selectFrom('dead_letters')
    .select(['event_id', 'received_at', 'event', 'stored_as'])
    .where(({ eb, or, and }) =>
      or([
        eb('received_at', '>', after.receivedAt),
        and([eb('received_at', '=', after.receivedAt), eb('event_id', '>', after.id)]),
      ]),
    )
    .orderBy('received_at')
    .orderBy('event_id')
    .limit(LETTERS_AT_ONCE)
  return (onlyId === undefined ? letters : letters.where('event_id', '=', onlyId)).execute()
}
