#!/usr/bin/env node
// Serves the example in the current folder, and beside it a collector on a database in memory; prints what is stored. Arguments are a
// command that serves the example instead.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { buildCollector, openDatabase } from '@sightline/collector'

const [command, ...args] = process.argv.slice(2)
const PAGE_PORT = Number(process.env.PORT ?? 3000)
const COLLECTOR_PORT = 8787
const adminToken = randomBytes(32).toString('hex')

const db = await openDatabase({ memory: true })
const collector = await buildCollector({ db, config: { adminToken, logLevel: 'warn' } })
await collector.listen({ host: '127.0.0.1', port: COLLECTOR_PORT })

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}
const pages = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  // Only names that an example has: the style of all, one script, or a page of its own.
  const file = /^\/(feed\.css|(dist\/)?[\w-]+\.js)$/.test(pathname) ? pathname : '/index.html'
  const folder = file === '/feed.css' ? join(import.meta.dirname, 'public') : process.cwd()
  const body = await readFile(join(folder, file)).catch(() => undefined)
  response.writeHead(body ? 200 : 404, { 'content-type': types[extname(file)] }).end(body)
})
const served =
  command && spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PORT: PAGE_PORT } })
if (!served) pages.listen(PAGE_PORT, '127.0.0.1')
served?.once('error', (error) => {
  console.error(`serve-example: ${command} did not start (${error.message}). Run the install of this project first.`)
  process.exit(1)
})
served?.once('exit', (code) => code && process.exit(code))

console.log(`example    http://localhost:${PAGE_PORT}`)
console.log(`dashboard  http://localhost:${COLLECTOR_PORT}   admin token ${adminToken}`)
console.log('Scroll, wait a second, like something; stored events appear here. Ctrl-C ends it, and nothing is kept.\n')

let printed = 0
const watch = setInterval(async () => {
  const events = await db.kysely
    .selectFrom('event_log')
    .selectAll()
    .orderBy('received_at')
    .orderBy('seq')
    .offset(printed)
    .execute()
  for (const event of events) {
    console.log(
      event.type.padEnd(12),
      `${event.content_type}:${event.content_id}`,
      event.source ?? '',
      event.position ?? '',
    )
  }
  printed += events.length
}, 1_000)

process.once('SIGINT', async () => {
  clearInterval(watch)
  served?.kill()
  pages.close()
  pages.closeAllConnections()
  await collector.close()
  await db.close()
})
