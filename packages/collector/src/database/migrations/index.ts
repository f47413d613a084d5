// Every migration in the order in which they run. Imported, so that they are part of the bundle.
import type { Migration } from 'kysely'
import { firstTables } from './0001-first-tables'

export const migrations: Record<string, Migration> = {
  '0001-first-tables': firstTables,
}
