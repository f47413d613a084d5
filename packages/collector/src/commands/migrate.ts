// sightline migrate: brings the tables up to this version and says which migrations ran.
import { readConfig } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'

export async function migrateCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const db = await openDatabase(readConfig(argv, env))
  try {
    const done = await migrate(db)
    console.log(done.length === 0 ? 'The tables are up to date.' : `Migrated: ${done.join(', ')}.`)
    return 0
  } finally {
    await db.close()
  }
}
