// Forgetting a person: the request is a row, a job works it off in small steps, and the receipt tells when nobody is left.
import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/open-database'
import type { Tables } from '../database/tables'
import type { Fenced } from '../job-lease'
import type { SiteClock } from '../site-clock'
import type { Person } from './person'

/** Answer to an erasure, and to a question about its receipt. */
export interface Receipt {
  receipt: string
  /** `done` when nothing of this person is left and nothing of before can come any more. */
  state: 'open' | 'done'
  requestedAt: string
  finishedAt: string | null
  /** Events that lost their person so far, and rows that were deleted. */
  erased: { events: number; recentViews: number; dailySums: number; viewGates: number; deadLetters: number }
}

export interface EraseRules {
  clock: SiteClock
  /** So long after the request something of before may still be on its way into the tables, in milliseconds. */
  settleMs: number
  now: number
  /** Bit of `flags` that marks an event without a viewer. */
  unnamedFlag: number
}

type Run = Transaction<Tables>

const EVENTS_AT_ONCE = 500

/** Notes durably that a person is to be erased. From now on what comes late from before is refused. */
export async function requestErasure(
  { kysely }: Pick<Database, 'kysely'>,
  { userId = null, viewerKeys }: Person | { userId: null; viewerKeys: readonly string[] },
  requestedBy: 'viewer' | 'admin',
  now: number,
): Promise<Receipt> {
  const keys = `{${viewerKeys.toSorted().join()}}`
  const requestedAt = new Date(now)
  const receipt = await kysely.transaction().execute(async (run) => {
    await sql`insert into erased_viewers (viewer_key, erased_at)
      select key, ${requestedAt} from unnest(${keys}::bigint[]) as key order by key
      on conflict (viewer_key) do update set erased_at = greatest(erased_viewers.erased_at, excluded.erased_at)`.execute(
      run,
    )
    // Who asks twice has one erasure, which begins anew.
    const { rows } = await sql<{ receipt: string }>`
      update erasures set requested_at = greatest(requested_at, ${requestedAt})
      where finished_at is null and viewer_keys = ${keys}::bigint[] and user_id is not distinct from ${userId}
      returning receipt`.execute(run)
    if (rows[0]) return rows[0].receipt
    const fresh = randomUUID()
    await run
      .insertInto('erasures')
      .values({
        receipt: fresh,
        viewer_keys: keys,
        user_id: userId,
        requested_by: requestedBy,
        requested_at: requestedAt,
      })
      .execute()
    return fresh
  })
  const erasure = await readReceipt({ kysely }, receipt)
  if (!erasure) throw new Error('The erasure was stored and is not there.')
  return erasure
}

/** What became of an erasure; nothing for a receipt that was never given. */
export async function readReceipt({ kysely }: Pick<Database, 'kysely'>, receipt: string): Promise<Receipt | undefined> {
  const row = await kysely.selectFrom('erasures').selectAll().where('receipt', '=', receipt).executeTakeFirst()
  return (
    row && {
      receipt: row.receipt,
      state: row.finished_at === null ? 'open' : 'done',
      requestedAt: row.requested_at.toISOString(),
      finishedAt: row.finished_at?.toISOString() ?? null,
      erased: {
        events: Number(row.events),
        recentViews: Number(row.recent_views),
        dailySums: Number(row.viewer_days),
        viewGates: Number(row.view_gates),
        deadLetters: Number(row.dead_letters),
      },
    }
  )
}

/** Works on every open erasure. May be killed anywhere and run twice: what is deleted is counted in the same transaction. */
export async function eraseRequested(
  { jobs: kysely }: Pick<Database, 'jobs'>,
  fenced: Fenced,
  rules: EraseRules,
): Promise<void> {
  const open = await kysely
    .selectFrom('erasures')
    .select(['receipt', 'user_id as userId', sql<string>`viewer_keys::text`.as('keys'), 'requested_at as requestedAt'])
    .where('finished_at', 'is', null)
    .orderBy('requested_at')
    .execute()
  for (const erasure of open) {
    // Decided before the last look: what was on its way is in the tables by now.
    const isSettled = rules.now >= erasure.requestedAt.getTime() + rules.settleMs
    let erased = EVENTS_AT_ONCE
    while (erased === EVENTS_AT_ONCE) erased = await fenced((run) => eraseEvents(run, erasure, rules))
    await fenced((run) => eraseRest(run, erasure, isSettled, rules.now))
  }
}

interface OpenErasure {
  receipt: string
  userId: string | null
  /** As PostgreSQL's array. */
  keys: string
  requestedAt: Date
}

interface ErasedEvent {
  contentKey: string
  id: string
  day: string
  occurredAt: Date
}

// The event stays as part of the sums, without anything that leads to a person: see decision 0007.
async function eraseEvents(run: Run, { receipt, userId, keys }: OpenErasure, rules: EraseRules): Promise<number> {
  const { rows } = await sql<ErasedEvent>`
    select content_key::text as "contentKey", event_id as id, event_day as day, occurred_at as "occurredAt"
    from events where viewer_key = any(${keys}::bigint[]) and (user_id is null or user_id = ${userId})
    limit ${EVENTS_AT_ONCE}`.execute(run)
  if (rows.length === 0) return 0
  const list = (value: (row: ErasedEvent) => string) => `{${rows.map(value).join()}}`
  await sql`
    update events set viewer_key = 0, event_id = gone.new_id, session_id = null, seq = null, metadata = null,
      user_id = case when user_id is null then null else '' end, flags = flags | ${rules.unnamedFlag}::int,
      occurred_at = gone.hour, received_at = greatest(gone.hour, date_trunc('hour', received_at))
    from unnest(${list(({ contentKey }) => contentKey)}::bigint[], ${list(({ id }) => id)}::uuid[],
      ${list(({ day }) => day)}::date[], ${list(() => randomUUID())}::uuid[],
      ${list(({ occurredAt }) => hourOf(occurredAt, rules.clock))}::timestamptz[]
    ) as gone (content_key, event_id, event_day, new_id, hour)
    where events.content_key = gone.content_key and events.event_id = gone.event_id
      and events.event_day = gone.event_day`.execute(run)
  await sql`update erasures set events = events + ${rows.length}::bigint where receipt = ${receipt}::uuid`.execute(run)
  return rows.length
}

// The start of its hour, which is what it is counted under; on a day that begins within an hour, of the day.
function hourOf(occurredAt: Date, clock: SiteClock): string {
  const at = occurredAt.getTime()
  return new Date(Math.max(clock.hourStart(at), clock.dayStart(clock.day(at)))).toISOString()
}

async function eraseRest(run: Run, erasure: OpenErasure, isLast: boolean, now: number): Promise<void> {
  const { receipt, userId, keys } = erasure
  const deleteFrom = async (table: 'recent_views' | 'viewer_days' | 'view_gates' | 'dead_letters') => {
    const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)} where viewer_key = any(${keys}::bigint[])
      ${table === 'dead_letters' ? sql`and (user_id is null or user_id = ${userId})` : sql``}`.execute(run)
    return numAffectedRows.toString()
  }
  const recentViews = await deleteFrom('recent_views')
  const dailySums = await deleteFrom('viewer_days')
  const viewGates = await deleteFrom('view_gates')
  const deadLetters = await deleteFrom('dead_letters')
  // Who asked again in the meantime moved the time, and gets another look.
  const isDone = sql<boolean>`(${isLast}::boolean and requested_at = ${erasure.requestedAt})`
  await sql`update erasures set recent_views = recent_views + ${recentViews}::bigint,
      viewer_days = viewer_days + ${dailySums}::bigint, view_gates = view_gates + ${viewGates}::bigint, dead_letters = dead_letters + ${deadLetters}::bigint,
      finished_at = case when ${isDone} then ${new Date(now)}::timestamptz end,
      viewer_keys = case when ${isDone} then '{}'::bigint[] else viewer_keys end,
      user_id = case when ${isDone} then null else user_id end
    where receipt = ${receipt}::uuid`.execute(run)
}
