// The two databases that a promise about stored events is held on.
import type { DatabaseOptions } from '../../packages/collector/src/index'
import { createPostgresDatabase } from '../../packages/collector/test/support/databases'

export const databases: { name: string; options: () => Promise<DatabaseOptions> }[] = [
  { name: 'PGlite', options: async () => ({ memory: true }) },
  { name: 'PostgreSQL', options: async () => ({ databaseUrl: (await createPostgresDatabase()).url }) },
]
