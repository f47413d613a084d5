// Connections to PostgreSQL that outlive a restart of it and never wait for it without an end.
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { Pool, types, type PoolClient } from 'pg'
import { readAsText } from './type-parsers'

/** pg's own words for a query that took longer than `query_timeout`. */
const CLIENT_TIMEOUT = 'Query read timeout'

/** A statement that takes longer is worth less to whoever waits for it than an answer now. */
const LONGEST_STATEMENT_MS = 4_000
/** By so much the client waits longer than the server, which then tells what happened. */
const CLIENT_PATIENCE_MS = 1_000

/** The statements of ingest are few and always the same; what is made for one question is not worth a name. */
const MAX_PREPARED = 50

export interface PoolOptions {
  /** Connections at most. */
  max: number
  longestStatementMs?: number
  /** Whether a connection keeps the plan of a statement that it has seen. */
  prepared?: boolean
  /** A statement that every new connection begins with: `set jit = off`. */
  firstStatement?: string | undefined
}

/** A pool of connections. Connects when first asked. */
export function createPostgresPool(
  databaseUrl: string,
  { max, longestStatementMs = LONGEST_STATEMENT_MS, prepared = false, firstStatement }: PoolOptions,
): PostgresPool {
  const names = new Map<string, string>()
  const begun = new WeakSet<PoolClient>()

  function nameOf(statement: string): string | undefined {
    const known = names.get(statement)
    if (known !== undefined || names.size >= MAX_PREPARED) return known
    const name = `sightline_${names.size}`
    names.set(statement, name)
    return name
  }

  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    application_name: 'sightline',
    connectionTimeoutMillis: 2_000,
    // The server's own limit cannot end a query on a server that stands still; the client's can.
    query_timeout: longestStatementMs + CLIENT_PATIENCE_MS,
    statement_timeout: longestStatementMs,
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
      if (firstStatement !== undefined && !begun.has(client)) {
        // Not as a parameter of the connection: poolers refuse those that they do not know.
        await client.query(firstStatement).catch((error: unknown) => {
          client.release(true)
          throw error
        })
        begun.add(client)
      }
      let hanging: Error | undefined
      async function query(statement: string, parameters?: unknown[]) {
        if (hanging) throw hanging
        try {
          // Without parameters it is a word such as "begin", which has no plan.
          const name = prepared && parameters?.length ? nameOf(statement) : undefined
          if (name === undefined) return await client.query(statement, parameters)
          return await client.query({ name, text: statement, values: parameters ?? [] })
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
