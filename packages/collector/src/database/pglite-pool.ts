// Kysely's PostgreSQL dialect reaches PGlite through this pool of one connection: one holder at a time, in order of arrival.
import type { PGlite } from '@electric-sql/pglite'
import type { PostgresPool, PostgresPoolClient } from 'kysely'

/** A pool look-alike. A transaction keeps the connection until it is released, so no other statement can slip in. */
export function createPglitePool(pglite: PGlite): PostgresPool {
  let lastHolder: Promise<void> = Promise.resolve()
  const options = { serializers: takingBytes(pglite.serializers) }

  async function query(statement: unknown, parameters: readonly unknown[] = []) {
    if (typeof statement !== 'string') {
      throw new Error('PGlite: expected SQL text, got a cursor. Streaming needs PostgreSQL.')
    }
    const result = await pglite.query<Record<string, unknown>>(statement, [...parameters], options)
    return {
      command: statement.trimStart().slice(0, 6).toUpperCase(),
      rowCount: result.affectedRows ?? result.rows.length,
      rows: result.rows,
    }
  }

  async function connect(): Promise<PostgresPoolClient> {
    const previousHolder = lastHolder
    let free: (() => void) | undefined
    lastHolder = new Promise((resolve) => {
      free = resolve
    })
    await previousHolder
    // The interface also describes cursors, which this pool refuses; a second release resolves the same promise again.
    return { query, release: () => free?.() } as unknown as PostgresPoolClient
  }

  return { connect, end: () => pglite.close() }
}

/** Arrays of bigint, integer, smallint, boolean, text, timestamptz, date, uuid and jsonb (pg_type.dat). */
const ARRAYS = [1016, 1007, 1005, 1000, 1009, 1185, 1182, 2951, 3807]

// Like pg, PGlite sends bytes as they are, in PostgreSQL's binary form, when nothing makes a text of them before.
function takingBytes(serializers: PGlite['serializers']): PGlite['serializers'] {
  const takingThem = (oid: number) => (value: unknown) =>
    value instanceof Uint8Array ? (value as unknown as string) : (serializers[oid]?.(value) ?? String(value))
  return Object.fromEntries(ARRAYS.map((oid) => [oid, takingThem(oid)]))
}
