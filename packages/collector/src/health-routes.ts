// GET /healthz says that the process lives; GET /readyz says whether an event that comes now would be stored.
import type { FastifyInstance } from 'fastify'
import { findRelaxedSettings } from './database/durability'
import type { Database } from './database/open-database'
import type { JobState } from './job-lease'

const PROBE_TIMEOUT_MS = 2_500
/** However often it is asked, the database is written to at most once in this time. */
const PROBE_EVERY_MS = 2_000

export interface HealthDeps {
  db: Database
  isPrepared: () => boolean
  /** Why not, in one sentence, if it is more than that the database is away. */
  startProblem: () => string | undefined
  /** Whether the operator accepts a database that does not wait for its disk. */
  allowLossOnPowerCut: boolean
  isDraining: () => boolean
  lastCommitAt: () => number | undefined
  partitionsAheadDays: () => Promise<number>
  /** Jobs as last seen. */
  jobs: () => readonly JobState[]
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
  /** Empty until they are looked at for the first time. A job that lags does not make the collector unready. */
  jobs: {
    name: string
    /** End of the last run that succeeded, ISO 8601. */
    finishedAt: string | null
    /** How long the next success is overdue; `null` before the first run. */
    lagSeconds: number | null
    /** Kind of the last run's error; `null` after a success. */
    lastError: string | null
  }[]
  /** Why not, in one sentence. */
  reason?: string
}

export function registerHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const probe = createProbe(deps)

  app.get('/healthz', async () => ({ alive: true }))

  app.get('/readyz', async (_request, reply) => {
    const { reason, partitionsAheadDays, relaxed } = deps.isDraining()
      ? { reason: 'The collector is shutting down.' }
      : await probe()
    const lastCommitAt = deps.lastCommitAt()
    const readiness: Readiness = {
      ready: reason === undefined,
      database: deps.db.kind,
      durability: relaxed ? 'process' : deps.db.durability,
      lastCommitAt: lastCommitAt === undefined ? null : new Date(lastCommitAt).toISOString(),
      partitionsAheadDays: partitionsAheadDays ?? null,
      jobs: deps.jobs().map(({ name, finishedAt, lagMs, lastError }) => ({
        name,
        finishedAt: finishedAt?.toISOString() ?? null,
        lagSeconds: lagMs === null ? null : Math.round(lagMs / 1_000),
        lastError,
      })),
      ...(reason !== undefined && { reason }),
    }
    return reply
      .header('cache-control', 'no-store')
      .status(readiness.ready ? 200 : 503)
      .send(readiness)
  })
}

/** What the operator is told about a database that may lose what it acknowledged. */
export function relaxedSettingsSentence(settings: readonly string[]): string {
  return (
    `The database has ${settings.map((name) => `${name} = off`).join(' and ')}: it can lose events that were acknowledged. ` +
    'Turn it on, or accept the loss with ALLOW_LOSS_ON_POWER_CUT=true.'
  )
}

interface Finding {
  reason?: string
  partitionsAheadDays?: number
  /** Whether the database answers a COMMIT before it is on the disk. */
  relaxed?: boolean
}

// A read can succeed on a database that takes no writes any more, so the probe writes.
function createProbe(deps: HealthDeps): () => Promise<Finding> {
  const { db, isPrepared, now } = deps
  let latest: { at: number; finding: Promise<Finding> } | undefined

  async function writeRow(): Promise<Finding> {
    if (!isPrepared()) return { reason: deps.startProblem() ?? 'The database has not been reached yet.' }
    const at = new Date(now())
    await db.kysely
      .insertInto('job_leases')
      .values({ job: 'readyz-probe', fence: 0, expires_at: at, finished_at: at })
      .onConflict((conflict) => conflict.column('job').doUpdateSet({ expires_at: at, finished_at: at }))
      .execute()
    const settings = await findRelaxedSettings(db)
    const finding = { partitionsAheadDays: await deps.partitionsAheadDays(), relaxed: settings.length > 0 }
    if (finding.partitionsAheadDays < 0) return { ...finding, reason: 'There is no partition for the events of today.' }
    if (finding.relaxed && !deps.allowLossOnPowerCut) return { ...finding, reason: relaxedSettingsSentence(settings) }
    return finding
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
