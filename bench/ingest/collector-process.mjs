// The collector as a process of its own, with the settings it has by default but one and those of CONFIG; tells its address
// and its CPU time.
import { answerParent } from './child.mjs'

const {
  BUNDLE: bundle,
  DATABASE_URL: databaseUrl,
  DATA_DIR: dataDir,
  LOG_LEVEL: logLevel = 'warn',
  CONFIG: config = '{}',
} = process.env
const { buildCollector, openDatabase } = await import(bundle)
const db = await openDatabase({ databaseUrl, dataDir })
// All of the load comes from one address.
const app = await buildCollector({ db, config: { logLevel, networkEventsPerSecond: 0, ...JSON.parse(config) } })
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address()

// How much it computed without looking at its timers: what one request can hold up others by, however busy the machine is.
const TICK_MS = 10
let longestTurnMs = 0
let lastTick = process.cpuUsage()
setInterval(() => {
  const { user, system } = process.cpuUsage(lastTick)
  lastTick = process.cpuUsage()
  longestTurnMs = Math.max(longestTurnMs, (user + system) / 1_000 - TICK_MS)
}, TICK_MS).unref()

answerParent(
  (question) => {
    if (question === 'longest turn') {
      const answer = { longestTurnMs }
      longestTurnMs = 0
      return answer
    }
    const { user, system } = process.cpuUsage()
    return { port, cpuSeconds: (user + system) / 1e6 }
  },
  async () => {
    await app.close()
    await db.close()
  },
)
