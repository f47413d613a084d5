// The command: two collectors behind nginx with the example configuration are restarted in turn under load. See README.md.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { startPostgres } from '../chaos/postgres.mjs'

const LONGEST_RUN_MS = 900_000
/** As the SDK: longer, and doubled from try to try, where the collector does not say how long. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    senders: { type: 'string', default: '16' },
    nginx: { type: 'string', default: '/usr/sbin/nginx' },
  },
})
const [rounds, senders] = [Number(values.rounds), Number(values.senders)]
const collectorDir = fileURLToPath(new URL('../../packages/collector', import.meta.url))
const pg = createRequire(join(collectorDir, 'package.json'))('pg')
const dir = await mkdtemp(join(tmpdir(), 'sightline-rolling-'))
const bundleDir = join(collectorDir, 'node_modules', '.bench-bundle', String(process.pid))
const processes = new Set()
const endAll = () => processes.forEach((child) => child.kill('SIGKILL'))
process.on('exit', endAll)
setTimeout(() => {
  console.error('rolling-restart: the run took too long.')
  process.exit(1)
}, LONGEST_RUN_MS).unref()

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

function run(command, args, env) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  processes.add(child)
  const ended = once(child, 'exit').then(([code, signal]) => {
    processes.delete(child)
    return signal ?? code
  })
  return { child, ended }
}

async function untilReady(url) {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const isReady = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isReady) return
    await sleep(50)
  }
  throw new Error(`rolling-restart: expected ${url} to become ready.`)
}

/** The configuration that the documents show, on free ports and without a certificate. */
async function startNginx(ports, port) {
  const example = await readFile(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8')
  const servers = example
    .replace(/^server \{\n {2}listen 80;[\s\S]*?^\}\n/m, '')
    .replaceAll(/^ {2}(ssl_|listen \[).*\n/gm, '')
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:8787', `127.0.0.1:${ports[0]}`)
    .replace('127.0.0.1:8788', `127.0.0.1:${ports[1]}`)
  const config = join(dir, 'nginx.conf')
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`)
  await writeFile(
    config,
    `daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events { worker_connections 512; }
http { access_log off; ${places.join(' ')}
${servers}
}`,
  )
  run(values.nginx, ['-p', dir, '-c', config, '-e', join(dir, 'error.log')])
}

/** Time in the first 48 bits, the rest by chance (RFC 9562, 5.7). */
function makeId() {
  const time = Date.now().toString(16).padStart(12, '0')
  const chance = crypto.randomUUID().replaceAll('-', '')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-8${chance.slice(3, 6)}-${chance.slice(6, 18)}`
}

const newBatch = () =>
  Array.from({ length: 20 }, (_, i) => ({
    id: makeId(),
    type: ['impression', 'view', 'click'][i % 3],
    content: { type: 'post', id: String(i) },
    occurredAt: Date.now(),
  }))

const postgres = await startPostgres()
try {
  await postgres.query('create database rolling')
  await mkdir(bundleDir, { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(collectorDir, 'package.json'), 'utf8'))
  const cli = join(bundleDir, 'cli.mjs')
  await build({
    entryPoints: [join(collectorDir, 'src/cli.ts')],
    outfile: cli,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: Object.keys(dependencies),
    alias: { '@sightline/sdk/wire': join(collectorDir, '../sdk/src/wire.ts') },
    logLevel: 'warning',
  })
  const ports = [await freePort(), await freePort()]
  const nginxPort = await freePort()
  const start = async (index) => {
    const collector = run(process.execPath, [cli, 'start', '--quiet'], {
      PORT: String(ports[index]),
      DATABASE_URL: postgres.url('rolling'),
      ADMIN_TOKEN: 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y',
      TRUST_PROXY: '127.0.0.1',
      NETWORK_EVENTS_PER_SECOND: '0',
      LOG_LEVEL: 'silent',
    })
    await untilReady(`http://127.0.0.1:${ports[index]}`)
    return collector
  }
  const collectors = [await start(0), await start(1)]
  await startNginx(ports, nginxPort)
  const site = `http://127.0.0.1:${nginxPort}`
  await untilReady(site)
  console.log(`Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`)

  const acknowledged = []
  const found = { requests: 0, failures: {}, healed: 0, duplicatesTold: 0, slowestMs: 0 }
  const times = []
  const over = new AbortController()
  async function send() {
    while (!over.signal.aborted) {
      const events = newBatch()
      for (let attempt = 0; ; attempt++) {
        const startedAt = performance.now()
        found.requests++
        let status
        let pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS)
        try {
          const answer = await fetch(`${site}/v1/events`, { method: 'POST', body: JSON.stringify({ events }) })
          const text = await answer.text()
          status = answer.status
          if (status === 200) {
            found.duplicatesTold += JSON.parse(text).duplicates
            acknowledged.push(...events.map(({ id }) => id))
          } else pauseMs = Number(answer.headers.get('retry-after') ?? 0) * 1_000 || pauseMs
        } catch (error) {
          status = error.cause?.code ?? error.name
        }
        times.push(performance.now() - startedAt)
        if (status === 200) {
          if (attempt > 0) found.healed++
          break
        }
        found.failures[status] = (found.failures[status] ?? 0) + 1
        await sleep(pauseMs)
      }
    }
  }

  const startedAt = performance.now()
  const sending = Array.from({ length: senders }, send)
  const restartMs = []
  const stopMs = []
  for (let round = 0; round < rounds; round++) {
    for (const index of [0, 1]) {
      await sleep(500)
      const toldAt = performance.now()
      collectors[index].child.kill('SIGTERM')
      const code = await collectors[index].ended
      const stoppedAt = performance.now()
      if (code !== 0) throw new Error(`rolling-restart: expected a collector to end with 0, got ${code}.`)
      collectors[index] = await start(index)
      restartMs.push(performance.now() - toldAt)
      stopMs.push(stoppedAt - toldAt)
    }
  }
  over.abort()
  await Promise.all(sending)
  const seconds = (performance.now() - startedAt) / 1_000
  for (const { child } of collectors) child.kill('SIGTERM')
  await Promise.all(collectors.map(({ ended }) => ended))

  const database = new pg.Client({ connectionString: postgres.url('rolling') })
  await database.connect()
  const { rows: stored } = await database.query('select event_id::text as id from events')
  await database.end()
  const ids = new Set(stored.map(({ id }) => id))
  times.sort((a, b) => a - b)
  const at = (share) => Math.round(times[Math.floor(times.length * share)])
  const result = {
    restarts: restartMs.length,
    seconds: Math.round(seconds),
    requests: found.requests,
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((id) => !ids.has(id)).length,
    storedTwice: stored.length - ids.size,
    failuresSeen: found.failures,
    batchesHealedByRetry: found.healed,
    duplicatesTold: found.duplicatesTold,
    answerMs: { p50: at(0.5), p99: at(0.99), most: Math.round(times.at(-1)) },
    stopMs: { least: Math.round(Math.min(...stopMs)), most: Math.round(Math.max(...stopMs)) },
    restartMs: { least: Math.round(Math.min(...restartMs)), most: Math.round(Math.max(...restartMs)) },
  }
  console.log(JSON.stringify(result, null, 2))
  await writeFile(new URL('result.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`)
  process.exitCode = result.lost + result.storedTwice > 0 ? 1 : 0
} finally {
  endAll()
  await postgres.remove()
  await rm(dir, { recursive: true, force: true })
  await rm(bundleDir, { recursive: true, force: true })
}
