// The collector as a process of its own, with the settings it has by default but one; tells its address and its CPU time.
import { answerParent } from './child.mjs'

const { BUNDLE: bundle, DATABASE_URL: databaseUrl, DATA_DIR: dataDir, LOG_LEVEL: logLevel = 'warn' } = process.env
const { buildCollector, openDatabase } = await import(bundle)
const db = await openDatabase({ databaseUrl, dataDir })
// All of the load comes from one address.
const app = await buildCollector({ db, config: { logLevel, networkEventsPerSecond: 0 } })
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address()

answerParent(
  () => {
    const { user, system } = process.cpuUsage()
    return { port, cpuSeconds: (user + system) / 1e6 }
  },
  async () => {
    await app.close()
    await db.close()
  },
)
