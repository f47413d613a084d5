// sightline migrate --to: the embedded database of a directory becomes one on PostgreSQL, with everything in it.
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Config } from '../config'
import { migrate, pendingMigrations } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { createProgress } from '../demo/progress'
import { copyDatabase, CopyRefused } from '../transfer/copy-database'

/** Names the directory, so that an unfinished copy is known to be its own. */
const ID_FILE = 'copy-id'
/** 128 plus the number of SIGINT, as shells count. */
const INTERRUPTED = 130

interface Output {
  say: (text: string) => void
  isQuiet: boolean
}

/** @returns the exit code */
export async function copyToPostgres(config: Config, databaseUrl: string, { say, isQuiet }: Output): Promise<number> {
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
  const abort = new AbortController()
  const stop = () => abort.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)

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
      signal: abort.signal,
      onProgress(done, total) {
        if (isQuiet || total === 0) return
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
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await from.close()
    await to.close()
  }
}

function idOf(dataDir: string): string {
  const path = join(dataDir, ID_FILE)
  if (!existsSync(path)) writeFileSync(path, randomUUID(), { mode: 0o600 })
  return readFileSync(path, 'utf8').trim()
}
