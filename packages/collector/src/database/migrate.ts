// Brings the tables up to this version, once, however many processes try at the same time.
import { setTimeout as sleep } from 'node:timers/promises'
import { Migrator } from 'kysely'
import { migrations } from './migrations/index'
import type { Database } from './open-database'

/** What processes that migrate at the same time run into: lock waited for too long, table just made by the other. */
const RACE_CODES = new Set(['55P03', '57014', '40001', '40P01', '23505', '42P07', '42710'])
const MAX_ATTEMPTS = 60
const PAUSE_MS = 250

/**
 * Runs the migrations that are missing and returns their names, oldest first. Safe to call from several processes.
 * @throws the database's error when a migration fails; nothing of that migration stays.
 */
export async function migrate(db: Pick<Database, 'kysely'>): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const { error, results = [] } = await migratorOf(db).migrateToLatest()
    if (error === undefined) return results.map((result) => result.migrationName)
    if (attempt === MAX_ATTEMPTS || !isRace(error)) throw error
    await sleep(PAUSE_MS * (0.5 + Math.random()))
  }
}

/** Names of the migrations that `migrate` would run, oldest first. Changes nothing. */
export async function pendingMigrations(db: Pick<Database, 'kysely'>): Promise<string[]> {
  const all = await migratorOf(db).getMigrations()
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

/** Every migration, oldest first, with when it ran (ISO 8601). Changes nothing. */
export async function listMigrations(db: Pick<Database, 'kysely'>): Promise<{ name: string; ranAt: string | null }[]> {
  const all = await migratorOf(db).getMigrations()
  return all.map(({ name, executedAt }) => ({ name, ranAt: executedAt?.toISOString() ?? null }))
}

const migratorOf = ({ kysely }: Pick<Database, 'kysely'>) =>
  new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } })

function isRace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && RACE_CODES.has(error.code)
}
