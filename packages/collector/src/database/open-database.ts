// Opens PostgreSQL or the embedded PGlite; everything behind it speaks Kysely and sees the same types from both.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PostgresDialect } from 'kysely'
import { lockDataDir } from './data-dir-lock'
import type { Durability } from './durability'
import { createPglitePool } from './pglite-pool'
import { createPostgresPool, type PoolOptions } from './postgres-pool'
import type { Tables } from './tables'
import { readAsText } from './type-parsers'

/**
 * Questions are answered one core at a time: the others are for ingest. Compiling a question takes longer than answering it, and
 * what does not fit into the 4 MB of the default goes to the disk.
 */
const FOR_QUESTIONS = `set jit = off; set max_parallel_workers_per_gather = 0; set work_mem = '32MB'`

/** Dropping a partition or deleting a day waits for nobody who asks, so it may take its time. */
const LONGEST_JOB_STATEMENT_MS = 60_000

export interface Database {
  /** For ingest and identity. */
  readonly kysely: Kysely<Tables>
  /** For stats, so that slow questions never hold a connection that ingest needs. On PGlite the same as `kysely`. */
  readonly stats: Kysely<Tables>
  /** For jobs, which may run long. On PGlite the same as `kysely`. */
  readonly jobs: Kysely<Tables>
  readonly kind: 'postgres' | 'pglite'
  /** What an acknowledged event survives: `process` a crash of the collector, `power` also of the machine. */
  readonly durability: Durability
  /** Closes all connections and releases the data directory. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** `postgres://…`; wins over the two below. */
  databaseUrl?: string | undefined
  /** Directory of the embedded PGlite; made if it does not exist. @default './sightline-data' */
  dataDir?: string | undefined
  /** PGlite in memory, gone when closed; wins over `dataDir`. @default false */
  memory?: boolean | undefined
  /** PGlite only: a data directory dumped before, to begin with instead of an empty one. */
  snapshot?: Blob | undefined
  /** PostgreSQL only: whether ingest keeps prepared statements on its connections. @default true */
  preparedStatements?: boolean | undefined
  /** PostgreSQL only: connections at most, per purpose. @default { ingest: 4, stats: 4, jobs: 2 } */
  pools?: { ingest?: number | undefined; stats?: number | undefined; jobs?: number | undefined } | undefined
}

/**
 * Opens the database. PostgreSQL is not contacted yet, so this also works while it is down.
 * @throws DataDirInUse when another process has the PGlite directory.
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  return options.databaseUrl === undefined ? openPglite(options) : openPostgres(options.databaseUrl, options)
}

async function openPglite({
  dataDir = './sightline-data',
  memory = false,
  snapshot,
}: DatabaseOptions): Promise<Database> {
  const root = resolve(dataDir)
  const release = memory ? () => {} : lockDataDir(root)
  try {
    // A directory of its own, because PGlite starts an empty database only in an empty directory.
    const files = join(root, 'pglite')
    if (!memory) mkdirSync(files, { recursive: true, mode: 0o700 })
    const pglite = await PGlite.create({
      dataDir: memory ? 'memory://' : files,
      parsers: readAsText,
      ...(snapshot && { loadDataDir: snapshot }),
    })
    const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPglitePool(pglite) }) })
    return {
      kysely,
      stats: kysely,
      jobs: kysely,
      kind: 'pglite',
      durability: memory ? 'memory' : 'process',
      async close() {
        await kysely.destroy()
        // Kysely does not end a pool that it never used.
        if (!pglite.closed) await pglite.close()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

function openPostgres(
  databaseUrl: string,
  { pools: { ingest = 4, stats = 4, jobs = 2 } = {}, preparedStatements = true }: DatabaseOptions,
): Database {
  const open = (options: PoolOptions) =>
    new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPostgresPool(databaseUrl, options) }) })
  const forIngest = open({ max: ingest, prepared: preparedStatements })
  const forStats = open({ max: stats, firstStatement: FOR_QUESTIONS })
  const forJobs = open({ max: jobs, longestStatementMs: LONGEST_JOB_STATEMENT_MS })
  return {
    kysely: forIngest,
    stats: forStats,
    jobs: forJobs,
    kind: 'postgres',
    durability: 'power',
    async close() {
      await Promise.all([forIngest.destroy(), forStats.destroy(), forJobs.destroy()])
    },
  }
}
