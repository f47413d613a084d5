// What those who embed the collector in a server of their own may use.
export { buildCollector, type CollectorOptions } from './collector'
export { configTable, ConfigError, type Config } from './config'
export { openDatabase, type Database, type DatabaseOptions } from './database/open-database'
export { DataDirInUse } from './database/data-dir-lock'
export { migrate } from './database/migrate'
export { createAdminToken } from './identity/admin-token'
