// sightline migrate --to: the embedded database of a directory becomes one on PostgreSQL, with everything in it.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Config } from '../config'
import { migrate, pendingMigrations } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { createProgress } from '../demo/progress'
import { copyDatabase, CopyRefused } from '../transfer/copy-database'
import { interruptible, INTERRUPTED } from './interruption'

/** Names the directory, so that an unfinished copy is known to be its own. */
const ID_FILE = 'copy-id'

interface Output {
  say: (text: string) => void
  isQuiet: boolean
  asJson: boolean
}

/** @returns the exit code */
export async function copyToPostgres(config: Config, databaseUrl: string, output: Output): Promise<number> {
  if (config.databaseUrl !== undefined) {
    throw new ConfigError(
      ['sightline: migrate --to copies the embedded database in DATA_DIR. Leave DATABASE_URL out for this command.'],
      2,
    )
  }
  if (!existsSync(join(config.dataDir, 'pglite'))) {
    throw new ConfigError(
      [`config: DATA_DIR must be a directory with an embedded database, got "${config.dataDir}".`],
      78,
    )
  }
  return interruptible((signal) => copy(config, databaseUrl, output, signal))
}

async function copy(
  config: Config,
  databaseUrl: string,
  { say, isQuiet, asJson }: Output,
  signal: AbortSignal,
): Promise<number> {
  const from = await openDatabase({ dataDir: config.dataDir })
  const to = await openDatabase({ databaseUrl })
  try {
    // Only when there is something to do: it leaves a trace in the source, after which a copy begins anew.
    if ((await pendingMigrations(from)).length > 0) await migrate(from)
    await migrate(to)
    let progress: ReturnType<typeof createProgress> | undefined
    const words = { things: 'rows', done: 'rows copied' }
    const copied = await copyDatabase({
      from,
      to,
      sourceId: idOf(config.dataDir),
      signal,
      onProgress(done, total) {
        if (isQuiet || asJson || total === 0) return
        // What an earlier attempt copied says nothing about the speed of this one.
        progress ??= createProgress(total, process.stdout, () => performance.now(), words, done)
        progress.update(done)
      },
    })
    if (copied === undefined) {
      say('\nStopped. Run the same command again to go on where it was.')
      return INTERRUPTED
    }
    progress?.finish()
    if (asJson) {
      console.log(JSON.stringify({ copied }))
      return 0
    }
    for (const [table, rows] of Object.entries(copied)) {
      if (rows > 0) say(`  ${table.padEnd(20)} ${rows.toLocaleString('en')}`)
    }
    say(
      'The counts of all tables are equal. Start the collector with DATABASE_URL now; the directory is not needed any more.',
    )
    return 0
  } catch (error) {
    if (!(error instanceof CopyRefused)) throw error
    console.error(`sightline: ${error.message}`)
    return 1
  } finally {
    await from.close()
    await to.close()
  }
}

function idOf(dataDir: string): string {
  const path = join(dataDir, ID_FILE)
  if (!existsSync(path)) writeFileSync(path, randomUUID(), { mode: 0o600 })
  return readFileSync(path, 'utf8').trim()
}
