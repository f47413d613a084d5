// GET /healthz says that the process lives; GET /readyz says whether an event that comes now would be stored.
import type { FastifyInstance } from 'fastify'
import type { Database } from './database/open-database'

const PROBE_TIMEOUT_MS = 2_500
/** However often it is asked, the database is written to at most once in this time. */
const PROBE_EVERY_MS = 2_000

export interface HealthDeps {
  db: Database
  isPrepared: () => boolean
  isDraining: () => boolean
  lastCommitAt: () => number | undefined
  partitionsAheadDays: () => Promise<number>
  now: () => number
}

/** `GET /readyz` */
export interface Readiness {
  ready: boolean
  database: Database['kind']
  durability: Database['durability']
  /** ISO 8601; `null` before the first commit. */
  lastCommitAt: string | null
  /** Days after today that have a partition; `null` while the database cannot tell. */
  partitionsAheadDays: number | null
  /** Why not, in one sentence. */
  reason?: string
}

export function registerHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const probe = createProbe(deps)

  app.get('/healthz', async () => ({ alive: true }))

  app.get('/readyz', async (_request, reply) => {
    const { reason, partitionsAheadDays } = deps.isDraining()
      ? { reason: 'The collector is shutting down.' }
      : await probe()
    const lastCommitAt = deps.lastCommitAt()
    const readiness: Readiness = {
      ready: reason === undefined,
      database: deps.db.kind,
      durability: deps.db.durability,
      lastCommitAt: lastCommitAt === undefined ? null : new Date(lastCommitAt).toISOString(),
      partitionsAheadDays: partitionsAheadDays ?? null,
      ...(reason !== undefined && { reason }),
    }
    return reply
      .header('cache-control', 'no-store')
      .status(readiness.ready ? 200 : 503)
      .send(readiness)
  })
}

interface Finding {
  reason?: string
  partitionsAheadDays?: number
}

// A read can succeed on a database that takes no writes any more, so the probe writes.
function createProbe({ db, isPrepared, partitionsAheadDays, now }: HealthDeps): () => Promise<Finding> {
  let latest: { at: number; finding: Promise<Finding> } | undefined

  async function writeRow(): Promise<Finding> {
    if (!isPrepared()) return { reason: 'The database has not been reached yet.' }
    const at = new Date(now())
    await db.kysely
      .insertInto('job_leases')
      .values({ job: 'readyz-probe', fence: 0, expires_at: at, finished_at: at })
      .onConflict((conflict) => conflict.column('job').doUpdateSet({ expires_at: at, finished_at: at }))
      .execute()
    const ahead = await partitionsAheadDays()
    if (ahead < 0) return { reason: 'There is no partition for the events of today.', partitionsAheadDays: ahead }
    return { partitionsAheadDays: ahead }
  }

  return () => {
    if (latest && isPrepared() && performance.now() - latest.at < PROBE_EVERY_MS) return latest.finding
    const finding = withinTime(writeRow(), PROBE_TIMEOUT_MS).catch(() => ({
      reason: 'The database does not take writes.',
    }))
    latest = { at: performance.now(), finding }
    return finding
  }
}

async function withinTime<Value>(work: Promise<Value>, limitMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
