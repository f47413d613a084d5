// One group of rows becomes one transaction: names, events, counters and outcomes, all or nothing, each one statement.
import type { DropCounts } from '@sightline/sdk/wire'
import { sql } from 'kysely'
import { errorCode } from '../database/error-class'
import type { Database } from '../database/open-database'
import { utcDay } from '../site-clock'
import { arrayBytes, Bigints, Dates, Uuids } from './array-bytes'
import { addHours, addPositions, noteLateDays } from './counters'
import type { EventRow } from './enrich'
import { gateViews } from './gate-views'
import { countConflicts, insertNew, RepeatsFound } from './insert-events'
import { addOutcomes, talliesOfDrops, talliesOfRepeats, trackedBy, type Tally } from './outcomes'
import { rememberRecent } from './remember-recent'
import { rememberViews } from './remember-views'
import { namesOf, writeNames } from './write-names'

const MAX_REMEMBERED_CONTENTS = 50_000
/** No day is closed before an hour after its end; the other half is for clocks that differ. */
const CERTAINLY_OPEN_MS = 1_800_000
/** Retries come together: after an outage, or when a network was away. So many groups after one with repeats ask at once. */
const GROUPS_THAT_ASK = 100
/** SQLSTATE of a row that someone else holds for now. */
const LOCK_NOT_AVAILABLE = '55P03'

export interface GroupToWrite {
  /** Sorted by content key and id, without two rows of one id. */
  rows: readonly EventRow[]
  /** Outcomes of events that are not among the rows. */
  tallies: readonly Tally[]
  /** What a browser dropped, by the id of the row that told it; counted only when that row is new. */
  drops: ReadonlyMap<string, DropCounts>
}

/** What was written in a transaction of which nobody knows whether it was committed. */
interface Attempt {
  transactionId: string
  known: Known
}

/** Rows of a group that were there before. */
interface Known {
  ids: ReadonlySet<string>
  /** Those of them that are stored as another event. */
  conflicts: number
}

/** What the writer tells about a group that is committed. */
export interface Written {
  rows: number
  durationMs: number
  tallies: readonly Tally[]
}

/** Writes groups of rows. What it remembers (which contents have a name already) is only a short cut. */
export function createEventWriter(
  { kysely }: Pick<Database, 'kysely'>,
  now: () => number,
  onWritten: (written: Written) => void,
  viewDedupeMs: number,
) {
  const named = rememberRecent(MAX_REMEMBERED_CONTENTS)
  /** So many groups still ask which of their ids are new. */
  let groupsToAsk = 0
  const unknownAttempts = new WeakMap<GroupToWrite, Attempt>()

  /**
   * Returns the ids that were stored before. Running it again after an unknown outcome changes nothing; given the same
   * object again, it also returns what it would have returned the first time.
   */
  async function writeGroup(group: GroupToWrite): Promise<ReadonlySet<string>> {
    const { rows, tallies, drops } = group
    const startedAt = performance.now()
    const unknown = unknownAttempts.get(group)
    if (unknown && (await wasCommitted(kysely, unknown, rows))) return tell(unknown.known)
    unknownAttempts.delete(group)

    const namesToWrite = namesOf(rows.filter((row) => !named.has(row.contentKey)))
    let attempt: Attempt | undefined
    try {
      const known = await store(groupsToAsk > 0).catch((error: unknown) => {
        if (error instanceof RepeatsFound) return store(true)
        throw error
      })
      if (known.ids.size > 0) groupsToAsk = GROUPS_THAT_ASK
      else if (groupsToAsk > 0) groupsToAsk--
      for (const { key } of namesToWrite) named.add(key)
      return tell(known)
    } catch (error) {
      // Every statement was answered, so it is COMMIT that was not.
      if (attempt) unknownAttempts.set(group, attempt)
      throw error
    }

    function store(mayRepeat: boolean): Promise<Known> {
      return kysely.transaction().execute(async (transaction) => {
        await writeNames(transaction, namesToWrite)
        await gateViews(transaction, rows, viewDedupeMs)
        const repeatedIds = await insertNew(transaction, rows, mayRepeat)
        const newRows = repeatedIds.size === 0 ? rows : rows.filter(({ id }) => !repeatedIds.has(id))
        const conflicts =
          repeatedIds.size === 0
            ? 0
            : await countConflicts(
                transaction,
                rows.filter(({ id }) => repeatedIds.has(id)),
              )
        const known = { ids: repeatedIds, conflicts }
        await addHours(transaction, newRows)
        await addPositions(transaction, newRows)
        await rememberViews(transaction, newRows)
        await noteLateDays(transaction, newRows, now() - CERTAINLY_OPEN_MS)
        // The row of `tracked` is the one that all groups share, so it comes last and is locked for the shortest time.
        const transactionId = await addOutcomes(transaction, outcomesWith(known), utcDay(now()))
        if (transactionId !== undefined) attempt = { transactionId, known }
        return known
      })
    }

    function outcomesWith({ ids: repeats, conflicts }: Known): Tally[] {
      const isNewWithDrops = ({ id }: EventRow) => drops.has(id) && !repeats.has(id)
      const lost =
        drops.size === 0 ? [] : rows.filter(isNewWithDrops).flatMap(({ id }) => talliesOfDrops(drops.get(id)))
      return [...tallies, ...trackedBy(rows, repeats), ...talliesOfRepeats(repeats.size, conflicts), ...lost]
    }

    function tell(known: Known): ReadonlySet<string> {
      const durationMs = performance.now() - startedAt
      onWritten({ rows: rows.length - known.ids.size, durationMs, tallies: outcomesWith(known) })
      return known.ids
    }
  }

  /** Keeps one row that the database refuses, for a replay. */
  async function buryRow(row: EventRow, error: unknown): Promise<void> {
    const { event, ...storedAs } = row
    const refused: Tally = { outcome: 'refused', reason: 'unstorable', count: 1 }
    await kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('dead_letters')
        .values({
          event_id: row.id,
          received_at: new Date(row.receivedAt),
          viewer_key: row.viewerKey,
          user_id: row.userId ?? null,
          code: errorCode(error) ?? '',
          // The detail of a database error quotes values; its first line names only the rule.
          message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : '',
          event: JSON.stringify(event),
          stored_as: JSON.stringify(storedAs),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await addOutcomes(transaction, [refused], utcDay(now()))
    })
    onWritten({ rows: 0, durationMs: 0, tallies: [refused] })
  }

  return { writeGroup, buryRow }
}

/**
 * Whether a transaction whose COMMIT was not answered took place. The rows are looked for too: after a failover the number
 * may belong to another transaction, and an event is acknowledged only when it is stored.
 * @throws an error that asks for another try while the transaction is still under way.
 */
async function wasCommitted(kysely: Database['kysely'], attempt: Attempt, rows: readonly EventRow[]): Promise<boolean> {
  const { transactionId, known } = attempt
  const { rows: states } = await sql<{ state: string | null }>`
    select pg_xact_status(${transactionId}::xid8) as state`.execute(kysely)
  const state = states[0]?.state
  if (state === 'in progress') {
    throw Object.assign(new Error('The transaction is still under way.'), { code: LOCK_NOT_AVAILABLE })
  }
  if (state !== 'committed') return false
  const wanted = rows.filter(({ id }) => !known.ids.has(id))
  const { rows: found } = await sql<{ n: number }>`select count(*)::int as n from unnest(
      ${arrayBytes(wanted, Bigints, (row) => row.contentKey)}::bigint[],
      ${arrayBytes(wanted, Uuids, (row) => row.id)}::uuid[],
      ${arrayBytes(wanted, Dates, (row) => row.eventDay)}::date[]) as wanted (content_key, event_id, event_day)
    join events using (content_key, event_id, event_day)`.execute(kysely)
  return found[0]?.n === wanted.length
}
