// What an acknowledged event survives, asked of the database itself: its settings may differ by role, and may change.
import { sql, type Kysely } from 'kysely'
import type { Tables } from './tables'

export type Durability = 'memory' | 'process' | 'power'

/** Both must be on, or a COMMIT is answered before it is on the disk (PostgreSQL manual, 28.4 and 19.5). */
const guards = ['synchronous_commit', 'fsync'] as const

/** The settings of this connection that let an acknowledged event be lost, by name; empty when all is well. */
export async function findRelaxedSettings({
  kysely,
  kind,
}: {
  kysely: Kysely<Tables>
  kind: 'postgres' | 'pglite'
}): Promise<string[]> {
  // PGlite never waits for the disk; its durability says so.
  if (kind === 'pglite') return []
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${`{${guards.join()}}`}::text[]) as name where current_setting(name) = 'off'`.execute(
    kysely,
  )
  return rows.map(({ name }) => name)
}
