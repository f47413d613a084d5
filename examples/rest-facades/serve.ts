// Starts the five facades on port 3000 with a collector of their own, on a database in memory.
import { randomBytes } from 'node:crypto'
import { buildCollector, openDatabase } from '@sightline/collector'
import { buildFacades } from './facades'

const port = Number(process.env.PORT ?? 3000)
const adminToken = randomBytes(32).toString('hex')
const jwtSecret = process.env.JWT_SECRET ?? randomBytes(32).toString('hex')

const db = await openDatabase({ memory: true })
const collector = await buildCollector({ db, config: { adminToken, jwtSecret, logLevel: 'warn' } })
const app = buildFacades(collector)
await app.listen({ host: '127.0.0.1', port })

const origin = `http://localhost:${port}`
console.log(`Five systems' own addresses at ${origin}. Try:

  curl ${origin}/api/track -H 'content-type: application/json' \\
    -d '{"post_id":"42","interaction_type":"view","metadata":{"duration":5000,"source":"feed"}}'
  curl ${origin}/api/blog-post/42/stats -H 'authorization: Bearer ${adminToken}'
`)

process.once('SIGINT', async () => {
  await app.close()
  await collector.close()
  await db.close()
})
