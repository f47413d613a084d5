// The tables that hold one UTC day of `events` each: which there are, what they are called, and how one is made.
import { sql } from 'kysely'
import { addDays } from '../site-clock'
import type { Database } from './open-database'

const PARTITION_NAME = /^events_(\d{4})(\d\d)(\d\d)$/

type Connection = Pick<Database, 'kysely'>

/** Days that have a partition of their own. */
export async function partitionDays({ kysely }: Connection): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select child.relname as name from pg_inherits
    join pg_class child on child.oid = inhrelid
    where inhparent = 'events'::regclass`.execute(kysely)
  return rows.flatMap(({ name }) => {
    const [, year, month, date] = PARTITION_NAME.exec(name) ?? []
    return year === undefined ? [] : [`${year}-${month}-${date}`]
  })
}

/** Table that holds the events of one UTC day. */
export const partitionName = (day: string) => `events_${day.replaceAll('-', '')}`

/** Makes the partition of one day, if it does not exist. */
export async function createPartition({ kysely }: Connection, day: string): Promise<void> {
  const name = partitionName(day)
  try {
    await sql`create table if not exists ${sql.table(name)} partition of events
      for values from (${sql.lit(day)}) to (${sql.lit(addDays(day, 1))})`.execute(kysely)
  } catch (error) {
    // Another process made it between our look and our statement (PostgreSQL's `if not exists` does not wait for it).
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== '42P07' && code !== '23505' && code !== '42P17') throw error
  }
}
