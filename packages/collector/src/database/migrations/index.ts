// Every migration in the order in which they run. Imported, so that they are part of the bundle.
import type { Migration } from 'kysely'
import { firstTables } from './0001-first-tables'
import { rightsAndRetention } from './0002-rights-and-retention'
import { closedDays } from './0003-closed-days'
import { shareLinks } from './0004-share-links'

export const migrations: Record<string, Migration> = {
  '0001-first-tables': firstTables,
  '0002-rights-and-retention': rightsAndRetention,
  '0003-closed-days': closedDays,
  '0004-share-links': shareLinks,
}
