// Connections to PostgreSQL that outlive a restart of it and never wait for it without an end.
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { Pool, types } from 'pg'
import { readAsText } from './type-parsers'

/** pg's own words for a query that took longer than `query_timeout`. */
const CLIENT_TIMEOUT = 'Query read timeout'

/** A pool of at most `max` connections. Connects when first asked. */
export function createPostgresPool(databaseUrl: string, max: number): PostgresPool {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    application_name: 'sightline',
    connectionTimeoutMillis: 2_000,
    // The server's own limit cannot end a query on a server that stands still; the client's can.
    query_timeout: 5_000,
    statement_timeout: 4_000,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        (format !== 'binary' && readAsText[oid]) || types.getTypeParser(oid, format ?? 'text'),
    },
  })
  // Without a listener on the pool and on every client, a restart of the database ends this process. The statement that
  // was cut reports the error to whoever waits for it; an idle connection has nobody to tell.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  return {
    async connect() {
      const client = await pool.connect()
      let hanging: Error | undefined
      async function query(statement: string, parameters?: unknown[]) {
        if (hanging) throw hanging
        try {
          return await client.query(statement, parameters)
        } catch (error) {
          if (error instanceof Error && error.message === CLIENT_TIMEOUT) hanging = error
          throw error
        }
      }
      // A connection whose answer never came is thrown away; the next holder would wait for that answer too.
      return { query, release: () => client.release(hanging) } as unknown as PostgresPoolClient
    },
    end: () => pool.end(),
  }
}
