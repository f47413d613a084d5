// sightline migrate: brings the tables up to this version, tells what it would do, or copies all of it into PostgreSQL.
import { ConfigError, readConfig, readLastingConfig } from '../config'
import { listMigrations, migrate, pendingMigrations } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { copyToPostgres } from './copy-to-postgres'
import { takeOption, takeSwitch } from './take-option'

export async function migrateCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const list = takeSwitch(argv, '--list')
  const dryRun = takeSwitch(list.rest, '--dry-run')
  const json = takeSwitch(dryRun.rest, '--json')
  const quiet = takeSwitch(json.rest, '--quiet')
  const to = takeOption(quiet.rest, '--to')
  if ([list.isOn, dryRun.isOn, to.value !== undefined].filter(Boolean).length > 1) {
    throw new ConfigError(['sightline: expected one of --list, --dry-run and --to <url>.'], 2)
  }
  const config = readLastingConfig(to.rest, env)
  const say = (text: string) => quiet.isOn || console.log(text)
  if (to.value !== undefined) {
    // The same rule, and the same sentence, as for DATABASE_URL.
    const { databaseUrl = '' } = readConfig([`--database-url=${to.value}`], {})
    return copyToPostgres(config, databaseUrl, { say, isQuiet: quiet.isOn, asJson: json.isOn })
  }

  const db = await openDatabase(config)
  try {
    if (list.isOn) {
      const migrations = await listMigrations(db)
      if (json.isOn) console.log(JSON.stringify(migrations, null, 2))
      else for (const { name, ranAt } of migrations) say(`${name.padEnd(32)}  ${ranAt ? `ran ${ranAt}` : 'not yet'}`)
      return 0
    }
    const names = dryRun.isOn ? await pendingMigrations(db) : await migrate(db)
    if (json.isOn) console.log(JSON.stringify({ [dryRun.isOn ? 'wouldRun' : 'ran']: names }))
    else if (names.length === 0) say('The tables are up to date.')
    else say(`${dryRun.isOn ? 'Would migrate' : 'Migrated'}: ${names.join(', ')}.`)
    return 0
  } finally {
    await db.close()
  }
}
