// Opting out and in again: a row per viewer key, which ingest looks for before it stores anything.
import { sql } from 'kysely'
import type { Database } from '../database/open-database'
import type { Person } from './person'

type Connection = Pick<Database, 'kysely'>

/** `GET`, `PUT` and `DELETE /v1/me/opt-out` */
export interface OptOut {
  optedOut: boolean
  /** ISO 8601; null while nothing keeps this person from being measured. */
  since: string | null
}

const keyList = ({ viewerKeys }: Person) => `{${viewerKeys.join()}}`

/** Opted out as soon as one of the person's keys is. */
export async function readOptOut({ kysely }: Connection, person: Person): Promise<OptOut> {
  const { rows } = await sql<{ since: Date | null }>`
    select min(opted_out_at) as since from opt_outs where viewer_key = any(${keyList(person)}::bigint[])`.execute(
    kysely,
  )
  const since = rows[0]?.since ?? null
  return { optedOut: since !== null, since: since?.toISOString() ?? null }
}

export async function optOut({ kysely }: Connection, person: Person, now: number): Promise<void> {
  await sql`insert into opt_outs (viewer_key, opted_out_at)
    select key, ${new Date(now)} from unnest(${keyList(person)}::bigint[]) as key order by key
    on conflict do nothing`.execute(kysely)
}

export async function optIn({ kysely }: Connection, person: Person): Promise<void> {
  await sql`delete from opt_outs where viewer_key = any(${keyList(person)}::bigint[])`.execute(kysely)
}
