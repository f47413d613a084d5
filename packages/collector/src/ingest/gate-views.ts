// A view counts unless one of the same viewer and content was counted around its time; decided where events are stored.
import { sql, type Kysely, type Transaction } from 'kysely'
import type { Tables } from '../database/tables'
import { arrayBytes, Bigints, Dates, Texts, Uuids, WholeNumbers } from './array-bytes'
import type { EventRow } from './enrich'
import { eventFlags } from './flags'

type Run = Transaction<Tables>

/** Views of one viewer of one content, oldest first. */
interface Gate {
  contentKey: string
  viewerKey: string
  /** Views that are not decided yet. */
  views: EventRow[]
}

/** A stretch of milliseconds since 1970, as PostgreSQL writes an int8range: the end is not part of it. */
type Stretch = readonly [from: number, to: number]

/**
 * Sets `counted` and `flags` of the rows that are gated. A gate keeps the time around every view that was counted, so
 * it does not matter in which order views arrive: counted ones are always at least `viewDedupeMs` apart. A replay finds
 * the time around itself taken. The row of a gate stays locked until the commit, so two collectors cannot both count.
 */
export async function gateViews(run: Run, rows: readonly EventRow[], viewDedupeMs: number): Promise<void> {
  const gates = gatesOf(rows)
  if (gates.length === 0) return
  await leaveOutStored(run, gates)

  // First the oldest view of each gate: nearly always that is all.
  const asked = gates.filter(({ views }) => views.length > 0)
  const opened = await openGates(run, asked, viewDedupeMs)
  for (const gate of asked) {
    const first = gate.views.shift()
    if (first === undefined) continue
    const isCounted = opened.has(keyOf(gate))
    decideView(first, isCounted)
    if (!isCounted) continue
    while (gate.views[0] && gate.views[0].occurredAt - first.occurredAt < viewDedupeMs) {
      decideView(gate.views.shift(), false)
    }
  }

  const left = asked.filter(({ views }) => views.length > 0)
  if (left.length > 0) await decideRest(run, left, viewDedupeMs)
}

/** Gates are forgotten when their last view is older than browsers keep events: what comes later is counted. */
export const GATE_MEMORY_MS = 86_400_000 + 3_600_000

/** Deletes the gates that nothing can meet any more. */
export async function forgetOldGates({ kysely }: { kysely: Kysely<Tables> }, now: number): Promise<void> {
  await sql`delete from view_gates where upper(taken) < ${now - GATE_MEMORY_MS}::bigint`.execute(kysely)
}

const keyOf = ({ contentKey, viewerKey }: { contentKey: string; viewerKey: string }) => `${contentKey} ${viewerKey}`

function gatesOf(rows: readonly EventRow[]): Gate[] {
  const gates = new Map<string, Gate>()
  for (const row of rows) {
    if (!row.gated) continue
    const key = keyOf(row)
    const gate = gates.get(key)
    if (gate) gate.views.push(row)
    else gates.set(key, { contentKey: row.contentKey, viewerKey: row.viewerKey, views: [row] })
  }
  // Two groups that lock the same gates in the same order cannot deadlock.
  const sorted = [...gates].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, gate]) => gate)
  for (const { views } of sorted) if (views.length > 1) views.sort((a, b) => a.occurredAt - b.occurredAt)
  return sorted
}

function decideView(row: EventRow | undefined, isCounted: boolean): void {
  if (!row) return
  row.counted = isCounted
  // A group that is written again is decided again.
  row.flags = isCounted ? row.flags & ~eventFlags.repeat : row.flags | eventFlags.repeat
}

const MAY_HAVE_ANOTHER_TIME = eventFlags.timeReplaced | eventFlags.timeCorrected

// A retry whose time was made here may come with another one than its first copy. It must not open a gate that would
// keep a real view out, so it is looked up; all others find their own time taken.
async function leaveOutStored(run: Run, gates: readonly Gate[]): Promise<void> {
  const doubtful = gates
    .flatMap(({ views }) => views)
    .filter(({ flags }) => flags & MAY_HAVE_ANOTHER_TIME && !(flags & eventFlags.idMinted))
  if (doubtful.length === 0) return
  const { rows } = await sql<{ id: string }>`
    select e.event_id as id from unnest(
      ${arrayBytes(doubtful, Bigints, (row) => row.contentKey)}::bigint[],
      ${arrayBytes(doubtful, Uuids, (row) => row.id)}::uuid[],
      ${arrayBytes(doubtful, Dates, (row) => row.eventDay)}::date[]) as asked (content_key, event_id, event_day)
    join events e on e.content_key = asked.content_key and e.event_id = asked.event_id
      and e.event_day = asked.event_day`.execute(run)
  const stored = new Set(rows.map(({ id }) => id))
  if (stored.size === 0) return
  for (const gate of gates) {
    gate.views = gate.views.filter((view) => {
      if (stored.has(view.id)) decideView(view, false)
      return !stored.has(view.id)
    })
  }
}

// The time around a view: the next one that may count is `viewDedupeMs` away.
const around = (atMs: number, viewDedupeMs: number): Stretch => [atMs - viewDedupeMs + 1, atMs + viewDedupeMs]
const rangesText = (stretches: readonly Stretch[]) => `{${stretches.map(([from, to]) => `[${from},${to})`).join()}}`

// Locks every gate, also those that stay shut. Taken time that nothing can meet any more is cut off on the way.
async function openGates(run: Run, gates: readonly Gate[], viewDedupeMs: number): Promise<ReadonlySet<string>> {
  if (gates.length === 0) return new Set()
  const atOf = ({ views: [first] }: Gate) => first?.occurredAt ?? 0
  const { rows } = await sql<{ key: string }>`
    insert into view_gates as gate (content_key, viewer_key, counted_at, taken)
    select content_key, viewer_key, at, int8multirange(int8range(at - ${viewDedupeMs - 1}::bigint, at + ${viewDedupeMs}::bigint))
    from unnest(
      ${arrayBytes(gates, Bigints, ({ contentKey }) => contentKey)}::bigint[],
      ${arrayBytes(gates, Bigints, ({ viewerKey }) => viewerKey)}::bigint[],
      ${arrayBytes(gates, WholeNumbers, atOf)}::bigint[]) as asked (content_key, viewer_key, at)
    on conflict (content_key, viewer_key) do update set
      counted_at = excluded.counted_at,
      taken = (gate.taken + excluded.taken)
        * int8multirange(int8range(greatest(gate.counted_at, excluded.counted_at) - ${GATE_MEMORY_MS}::bigint, null))
    where not gate.taken @> excluded.counted_at
    returning content_key || ' ' || viewer_key as key`.execute(run)
  return new Set(rows.map(({ key }) => key))
}

// Several views of one viewer of one content in one group. Their gates are locked already.
async function decideRest(run: Run, gates: readonly Gate[], viewDedupeMs: number): Promise<void> {
  const { rows } = await sql<{ key: string; taken: string }>`
    select content_key || ' ' || viewer_key as key, taken::text as taken from view_gates
    where (content_key, viewer_key) in (select * from unnest(
      ${arrayBytes(gates, Bigints, ({ contentKey }) => contentKey)}::bigint[],
      ${arrayBytes(gates, Bigints, ({ viewerKey }) => viewerKey)}::bigint[]))`.execute(run)
  const takenOf = new Map(rows.map(({ key, taken }) => [key, readRanges(taken)]))
  const opened: { gate: Gate; at: number; added: Stretch[] }[] = []
  for (const gate of gates) {
    const taken = takenOf.get(keyOf(gate)) ?? []
    const added: Stretch[] = []
    let at = 0
    for (const view of gate.views) {
      const isTaken = (stretches: readonly Stretch[]) =>
        stretches.some(([from, to]) => view.occurredAt >= from && view.occurredAt < to)
      const isCounted = !isTaken(taken) && !isTaken(added)
      decideView(view, isCounted)
      if (!isCounted) continue
      at = view.occurredAt
      added.push(around(at, viewDedupeMs))
    }
    if (added.length > 0) opened.push({ gate, at, added })
  }
  if (opened.length === 0) return
  await sql`update view_gates as gate set taken = gate.taken + opened.added::int8multirange, counted_at = opened.at
    from unnest(
      ${arrayBytes(opened, Bigints, ({ gate }) => gate.contentKey)}::bigint[],
      ${arrayBytes(opened, Bigints, ({ gate }) => gate.viewerKey)}::bigint[],
      ${arrayBytes(opened, WholeNumbers, ({ at }) => at)}::bigint[],
      ${arrayBytes(opened, Texts, ({ added }) => rangesText(added))}::text[]
    ) as opened (content_key, viewer_key, at, added)
    where gate.content_key = opened.content_key and gate.viewer_key = opened.viewer_key`.execute(run)
}

function readRanges(text: string): Stretch[] {
  return [...text.matchAll(/\[(-?\d*),(-?\d*)\)/g)].map(([, from, to]) => [
    from ? Number(from) : -Infinity,
    to ? Number(to) : Infinity,
  ])
}
