// Every row of one database goes into an empty one, page by page; killed anywhere, it goes on where it was.
import { sql, type Kysely } from 'kysely'
import { createPartition, partitionDays } from '../database/day-partitions'
import type { Database } from '../database/open-database'
import type { Tables } from '../database/tables'

export interface CopyOptions {
  /** Nobody else writes to it meanwhile. */
  from: Pick<Database, 'kysely'>
  /** Has the same tables, and nothing in them but an unfinished copy from the same source. */
  to: Pick<Database, 'kysely' | 'jobs'>
  /** Names the source over several attempts. */
  sourceId: string
  /** Told after every page: rows copied so far, by all attempts, of how many. */
  onProgress?: (done: number, total: number) => void
  /** Ends the copy after the page at hand; what was copied stays. */
  signal?: AbortSignal | undefined
  /** @default 2000 */
  rowsAtOnce?: number
}

/** Rows by table. */
export type CopiedRows = Record<string, number>

/** The target cannot take a copy. The message says why and what to do. */
export class CopyRefused extends Error {
  override readonly name = 'CopyRefused'
}

/** Tables of the migrations themselves, and the one that remembers how far a copy is. */
const STATE_TABLE = 'unfinished_copy'
const NOT_COPIED = ['kysely_migration', 'kysely_migration_lock', STATE_TABLE]

/** What is read in one order: a table, or one partition of `events`. */
interface Part {
  /** Table that is read. */
  name: string
  /** Table that is written to. */
  into: string
  columns: string[]
  key: { column: string; type: string }[]
  rows: number
}

interface Done {
  rows: number
  /** Key of the last row, as text; null before the first page. */
  lastKey: string[] | null
}

/**
 * Copies all tables and compares their counts.
 * @returns the rows of every table, or `undefined` when the signal ended it before.
 * @throws CopyRefused when the target holds something else, or the counts differ at the end.
 */
export async function copyDatabase(options: CopyOptions): Promise<CopiedRows | undefined> {
  const { from, to, onProgress, signal, rowsAtOnce = 2_000 } = options
  const parts = await readParts(from.kysely)
  await beginOrResume(options, parts)
  const finished = await readState(to.jobs)
  for (const day of await partitionDays(from)) await createPartition({ kysely: to.jobs }, day)

  const total = parts.reduce((sum, { rows }) => sum + rows, 0)
  let copied = [...finished.values()].reduce((sum, { rows }) => sum + rows, 0)
  onProgress?.(copied, total)
  for (const part of parts) {
    let last = finished.get(part.name) ?? { rows: 0, lastKey: null }
    while (last.rows < part.rows) {
      if (signal?.aborted) return undefined
      const page = await readPage(from.kysely, part, last.lastKey, rowsAtOnce)
      if (page.count === 0) break
      last = { rows: last.rows + page.count, lastKey: page.lastKey }
      await writePage(to.jobs, part, page.json, last)
      copied += page.count
      onProgress?.(copied, total)
    }
  }

  const counts = await compareCounts(from.kysely, to.jobs, parts)
  // The planner of the new database knows nothing of the rows yet.
  await sql`analyze`.execute(to.jobs)
  await sql`drop table ${sql.table(STATE_TABLE)}`.execute(to.jobs)
  return counts
}

type Connection = Kysely<Tables>

/** All tables of the schema, `events` by its partitions, with their keys in order. */
async function readParts(kysely: Connection): Promise<Part[]> {
  const { rows: tables } = await sql<{ name: string; into: string; columns: string[] }>`
    select c.relname as name, coalesce(parent.relname, c.relname) as into,
      (select json_agg(a.attname order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = i.inhparent
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname not in (${sql.join(NOT_COPIED)})
    order by 2, 1`.execute(kysely)
  const { rows: keys } = await sql<{ name: string; column: string; type: string }>`
    select c.relname as name, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_index x join pg_class c on c.oid = x.indrelid
    cross join lateral unnest(x.indkey::smallint[]) with ordinality as part(attnum, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = part.attnum
    where x.indisprimary and c.relnamespace = current_schema()::regnamespace
    order by c.relname, part.place`.execute(kysely)
  const parts: Part[] = []
  for (const { name, into, columns } of tables) {
    const key = keys.filter((each) => each.name === name)
    if (key.length === 0) throw new Error(`The table ${name} has no primary key, so it cannot be read page by page.`)
    parts.push({ name, into, columns, key, rows: await countRows(kysely, name) })
  }
  return parts
}

async function countRows(kysely: Connection, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::float8 as count from ${sql.table(table)}`.execute(
    kysely,
  )
  return rows[0]?.count ?? 0
}

/** Rows as a JSON list, which keeps every type that the tables use: a bigint never becomes a number of JavaScript. */
async function readPage(kysely: Connection, { name, key }: Part, after: string[] | null, limit: number) {
  const order = sql.join(key.map(({ column }) => sql.ref(column)))
  const values = after?.map((text, index) => sql`${text}::text::${sql.raw(key[index]?.type ?? 'text')}`)
  const { rows } = await sql<{ json: string; count: number; lastKey: string[] | null }>`
    with page as materialized (
      select * from ${sql.table(name)} ${values ? sql`where (${order}) > (${sql.join(values)})` : sql``}
      order by ${order} limit ${limit}
    )
    select coalesce(json_agg(page), '[]')::text as json, count(*)::int as count,
      (select json_build_array(${sql.join(key.map(({ column }) => sql`${sql.ref(column)}::text`))})
        from page order by ${sql.join(key.map(({ column }) => sql`${sql.ref(column)} desc`))} limit 1) as "lastKey"
    from page`.execute(kysely)
  return rows[0] ?? { json: '[]', count: 0, lastKey: null }
}

/** The page and how far it leads are one transaction: after a kill both are there, or neither. */
async function writePage(kysely: Connection, { name, into, columns }: Part, json: string, { rows, lastKey }: Done) {
  const names = sql.join(columns.map((column) => sql.ref(column)))
  await kysely.transaction().execute(async (run) => {
    await sql`insert into ${sql.table(into)} (${names})
      select ${names} from json_populate_recordset(null::${sql.table(into)}, ${json}::json)`.execute(run)
    await sql`insert into ${sql.table(STATE_TABLE)} (part, rows, last_key)
      values (${name}, ${rows}, ${JSON.stringify(lastKey)}::text)
      on conflict (part) do update set rows = excluded.rows, last_key = excluded.last_key`.execute(run)
  })
}

async function readState(kysely: Connection): Promise<Map<string, Done>> {
  const { rows } = await sql<{ part: string; rows: number; lastKey: string }>`
    select part, rows::float8 as rows, last_key as "lastKey" from ${sql.table(STATE_TABLE)} where part <> ''`.execute(
    kysely,
  )
  return new Map(rows.map(({ part, rows, lastKey }) => [part, { rows, lastKey: JSON.parse(lastKey) as string[] }]))
}

/** Whether anything was written to the source: reading takes no number of a transaction. */
async function readFingerprint(kysely: Connection): Promise<string> {
  const { rows } = await sql<{ next: string }>`select pg_snapshot_xmax(pg_current_snapshot())::text as next`.execute(
    kysely,
  )
  return rows[0]?.next ?? ''
}

async function beginOrResume({ from, to, sourceId }: CopyOptions, parts: readonly Part[]): Promise<void> {
  const source = `${sourceId} ${await readFingerprint(from.kysely)}`
  const { rows } = await sql<{ exists: boolean }>`select to_regclass(${STATE_TABLE}) is not null as exists`.execute(
    to.jobs,
  )
  const before = rows[0]?.exists ? await readSource(to.jobs) : undefined
  if (before === source) return

  const tables = [...new Set(parts.map(({ into }) => into))]
  if (before === undefined) await refuseUnlessEmpty(to.jobs, tables)
  else if (before.split(' ')[0] !== sourceId) {
    throw new CopyRefused('The target holds an unfinished copy of another directory. Give this one an empty database.')
  }
  // The source has changed since the last attempt, so what was copied may be wrong by now.
  await to.jobs.transaction().execute(async (run) => {
    await sql`drop table if exists ${sql.table(STATE_TABLE)}`.execute(run)
    await sql`truncate ${sql.join(tables.map((name) => sql.table(name)))}`.execute(run)
    await sql`create table ${sql.table(STATE_TABLE)} (part text primary key, rows bigint not null, last_key text not null)`.execute(
      run,
    )
    await sql`insert into ${sql.table(STATE_TABLE)} values ('', 0, ${source})`.execute(run)
  })
}

async function readSource(kysely: Connection): Promise<string | undefined> {
  const { rows } = await sql<{ source: string }>`
    select last_key as source from ${sql.table(STATE_TABLE)} where part = ''`.execute(kysely)
  return rows[0]?.source
}

async function refuseUnlessEmpty(kysely: Connection, tables: readonly string[]): Promise<void> {
  const filled: string[] = []
  for (const table of tables) {
    const { rows } = await sql<{ any: boolean }>`select exists (select from ${sql.table(table)}) as any`.execute(kysely)
    if (rows[0]?.any) filled.push(table)
  }
  if (filled.length === 0) return
  throw new CopyRefused(
    `The target must be empty, but it holds rows in ${filled.join(', ')}. Give it a new database; nothing was changed.`,
  )
}

async function compareCounts(from: Connection, to: Connection, parts: readonly Part[]): Promise<CopiedRows> {
  const counts: CopiedRows = {}
  for (const { name, into } of parts) {
    const [here, there] = [await countRows(from, name), await countRows(to, name)]
    if (here !== there) {
      throw new CopyRefused(
        `${name} has ${here} rows in the source and ${there} in the target. Something else wrote to one of them; ` +
          'stop it, give the copy an empty database and begin again.',
      )
    }
    counts[into] = (counts[into] ?? 0) + there
  }
  return counts
}
