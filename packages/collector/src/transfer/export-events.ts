// Every stored event, a page at a time by its key, so that neither a cursor nor memory is held while the reader is slow.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import { exportedColumns, toExportedEvent, type ExportedEvent } from '../exported-event'
import { csvHeader, writeCsvLine } from './csv'

export type ExportFormat = 'ndjson' | 'csv'

export interface ExportQuery {
  format: ExportFormat
  /** Only what happened from this instant on. */
  from?: Date | undefined
  /** Only what happened before this instant. */
  to?: Date | undefined
}

const EVENTS_AT_ONCE = 1_000

/**
 * Text of an export in pieces of about a thousand events. What is stored meanwhile may be in it or not; nothing is twice.
 * @param onPage is told how many events a piece has
 */
export async function* exportEvents(
  { stats: kysely }: Pick<Database, 'stats'>,
  { format, from, to }: ExportQuery,
  onPage: (events: number) => void = () => {},
): AsyncGenerator<string> {
  if (format === 'csv') yield csvHeader
  const write = format === 'csv' ? writeCsvLine : writeJsonLine
  for (const day of await readDays({ stats: kysely })) {
    let after: { contentKey: string; id: string } | undefined
    for (;;) {
      // The order of the primary key, so that a page is read without sorting.
      const { rows } = await sql<{ contentKey: string; id: string } & Record<string, unknown>>`
        select ${exportedColumns}, content_key::text as "contentKey" from event_log
        where event_day = ${day}::date
          ${after ? sql`and (content_key, event_id) > (${after.contentKey}::bigint, ${after.id}::uuid)` : sql``}
          ${from ? sql`and occurred_at >= ${from}` : sql``} ${to ? sql`and occurred_at < ${to}` : sql``}
        order by content_key, event_id limit ${EVENTS_AT_ONCE}`.execute(kysely)
      let text = ''
      for (const row of rows) text += write(toExportedEvent(row))
      if (text !== '') yield text
      onPage(rows.length)
      if (rows.length < EVENTS_AT_ONCE) break
      after = rows.at(-1)
    }
  }
}

/** How many events an export would have if it began now. */
export async function countExported(
  { stats: kysely }: Pick<Database, 'stats'>,
  { from, to }: Pick<ExportQuery, 'from' | 'to'>,
): Promise<number> {
  const { rows } = await sql<{ n: string }>`select count(*) as n from events
    where true ${from ? sql`and occurred_at >= ${from}` : sql``} ${to ? sql`and occurred_at < ${to}` : sql``}`.execute(
    kysely,
  )
  return Number(rows[0]?.n)
}

const writeJsonLine = (event: ExportedEvent) => `${JSON.stringify(event)}\n`

/** Days that a partition holds, from the catalogue of the database: asking the events would read them all. */
async function readDays({ stats: kysely }: Pick<Database, 'stats'>): Promise<string[]> {
  const { rows } = await sql<{ bounds: string }>`
    select pg_get_expr(child.relpartbound, child.oid) as bounds
    from pg_inherits join pg_class child on child.oid = inhrelid where inhparent = 'events'::regclass`.execute(kysely)
  return rows.flatMap(({ bounds }) => /FROM \('(\d{4}-\d\d-\d\d)'\)/.exec(bounds)?.[1] ?? []).toSorted()
}
