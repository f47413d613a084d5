// The command: how long every question of the stats API takes on a big site, without any answer kept. See README.md.
import { rm, mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { collectorDir } from '../ingest/bundle.mjs'
import { startChild } from '../ingest/child.mjs'
import { openPostgres } from '../ingest/postgres.mjs'
import { loadHalf, measureIngest } from './ingest-load.mjs'
import { routes } from './routes.mjs'
import { writeTraffic } from './traffic.mjs'

const LIMIT_MS = 300
/** How many times longer ingest may wait beside the questions. */
const MOST_TIMES = 2
const IDLE_SECONDS = 5
const LOAD_SECONDS = 25
const DAY_MS = 86_400_000

const whole = (name, text) => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`bench: expected --${name} to be a whole number from 1 up, got "${text}".`)
  return number
}
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    contents: { type: 'string', default: '100000' },
    viewers: { type: 'string', default: '100000' },
    days: { type: 'string', default: '30' },
    'raw-days': { type: 'string', default: '30' },
    rounds: { type: 'string', default: '20' },
    only: { type: 'string' },
    kept: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const [events, contents, viewers, closedDays, rawDays, rounds] = [
  'events',
  'contents',
  'viewers',
  'days',
  'raw-days',
  'rounds',
].map((name) => whole(name, values[name]))

const adminToken = 'stats-bench-token-of-more-than-thirty-two-characters'
const bundle = await bundleCollector()
if (values.keep && process.env.DATABASE_URL === undefined)
  throw new Error('bench: expected DATABASE_URL with --keep; the embedded PostgreSQL ends with the run.')
const postgres = await openPostgres(process.env.DATABASE_URL, values.kept)
const isKept = values.keep || values.kept !== undefined
if (isKept) console.log(`the database ${postgres.name} is kept: --kept ${postgres.name} asks it again`)
const closing = [() => (isKept ? postgres.end() : postgres.drop()), bundle.remove]
try {
  const closeMs = values.kept === undefined ? await fill() : []

  const config = { adminToken, statsCacheMs: 0, trending: true, rawRetentionDays: rawDays }
  const collector = startChild('collector-process.mjs', {
    env: { BUNDLE: bundle.file, DATABASE_URL: postgres.url, CONFIG: JSON.stringify(config) },
  })
  closing.unshift(collector.end)
  const { port } = await collector.ask('ready')
  const questions = routes({ contents }).filter(({ name }) => values.only === undefined || name.includes(values.only))
  if (questions.length === 0)
    throw new Error(`bench: expected --only to be part of a question's name, got "${values.only}".`)
  const ask = async ({ url }, round) => {
    const begin = performance.now()
    const answer = await fetch(`http://127.0.0.1:${port}${url(round)}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    const body = await answer.text()
    if (answer.status !== 200) throw new Error(`bench: ${url(round)} was answered with ${body}`)
    return performance.now() - begin
  }
  const idle = new Map()
  for (const question of questions) {
    const tookMs = []
    for (let round = 0; round < rounds; round++) tookMs.push(await ask(question, round))
    idle.set(question, tookMs)
  }

  const perSecond = await measureIngest(port)
  const alone = loadHalf(port, perSecond, IDLE_SECONDS)
  const aloneP99Ms = quantile(await alone.waitedMs, 0.99)
  const beside = loadHalf(port, perSecond, LOAD_SECONDS)
  const loaded = new Map(questions.map((question) => [question, []]))
  for (let round = 0; !beside.isOver(); round++) {
    for (const question of questions) if (!beside.isOver()) loaded.get(question).push(await ask(question, round))
  }
  const besideP99Ms = quantile(await beside.waitedMs, 0.99)

  const rows = questions.map((question) => {
    const { name, limitMs = LIMIT_MS } = question
    return { name, limitMs, idle: summary(idle.get(question)), loaded: summary(loaded.get(question)) }
  })
  console.log(`\n${''.padEnd(44)}   p50   p95  most   p50   p95  most ms, alone and beside ingest`)
  for (const row of rows) print(row)
  const slow = rows.filter(isSlow)
  console.log(
    `\ningest at half load, ${(perSecond / 2).toFixed(0)} events/s: p99 ${aloneP99Ms.toFixed(0)} ms alone, ${besideP99Ms.toFixed(0)} ms beside the questions`,
  )
  const sizes = await postgres.query(`select relname as table, pg_total_relation_size(oid)::text as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname ~ '_days|_hours|_details' order by 1`)
  console.log(
    `\n${slow.length === 0 ? 'every question keeps its limit' : `too slow: ${slow.map(({ name }) => name).join(', ')}`}`,
  )
  const result = {
    machine: {
      postgres: postgres.version,
      node: process.version,
      cpu: cpus()[0].model,
      cores: cpus().length,
      load: loadavg()[0],
    },
    size: { events, contents, viewers, closedDays, rawDays },
    closeDayMs: quantile(closeMs, 0.5),
    ingest: { halfLoadPerSecond: perSecond / 2, aloneP99Ms, besideP99Ms },
    rows,
    bytes: Object.fromEntries(sizes.map(({ table, bytes }) => [table, Number(bytes)])),
  }
  if (values.only === undefined && values.kept === undefined)
    await writeFile(fileURLToPath(new URL('result.json', import.meta.url)), `${JSON.stringify(result, undefined, 2)}\n`)
  process.exitCode = slow.length === 0 && besideP99Ms <= MOST_TIMES * aloneP99Ms ? 0 : 1
} finally {
  for (const close of closing) await close()
}

/**
 * Writes the events as ingest would have left them, and has the collector close the days.
 *
 * @returns milliseconds that each day took
 */
async function fill() {
  const { openDatabase, migrate, createSiteClock, closeDays } = await import(pathToFileURL(bundle.file).href)
  const db = await openDatabase({ databaseUrl: postgres.url })
  await migrate(db)

  const nowMs = Date.now()
  const today = new Date(nowMs).toISOString().slice(0, 10)
  const days = Array.from({ length: closedDays + 1 }, (_, index) =>
    new Date(Date.parse(today) - (closedDays - index) * DAY_MS).toISOString().slice(0, 10),
  )
  const startedAt = performance.now()
  const since = () => `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`
  await writeTraffic(postgres.query, {
    events,
    contents,
    viewers,
    days,
    untilMs: nowMs,
    onProgress: (day) => process.stdout.write(`\r${day} written after ${since()} `),
  })
  await postgres.query('vacuum analyze')
  console.log(`\n${events} events written after ${since()}`)

  const clock = createSiteClock('UTC')
  const closeMs = []
  let lastAt = performance.now()
  const closed = await closeDays({
    db: { kysely: db.jobs },
    clock,
    rawRetentionDays: rawDays,
    rules: { watchSkipMs: 3_000, watchSkipPercent: 10, watchCompletePercent: 95, compareKeys: ['variant'] },
    now: nowMs,
    onClosed({ events: counted }) {
      if (counted > 0) closeMs.push(performance.now() - lastAt)
      lastAt = performance.now()
    },
  })
  const differences = closed.reduce((sum, { difference }) => sum + difference, 0)
  if (differences > 0) throw new Error(`bench: expected the counters to agree with the events, got ${differences} off.`)
  await postgres.query('vacuum analyze')
  console.log(`${closed.length} days closed after ${since()}, ${quantile(closeMs, 0.5).toFixed(0)} ms a day`)
  await db.close()
  return closeMs
}

function summary(tookMs) {
  return {
    p50Ms: quantile(tookMs, 0.5),
    p95Ms: quantile(tookMs, 0.95),
    mostMs: Math.max(...tookMs),
    times: tookMs.length,
  }
}

function isSlow({ idle, loaded, limitMs }) {
  return Math.max(idle.p95Ms, loaded.p95Ms) > limitMs
}

function print(row) {
  const cells = [row.idle, row.loaded].flatMap(({ p50Ms, p95Ms, mostMs }) => [p50Ms, p95Ms, mostMs])
  const text = cells.map((ms) => ms.toFixed(0).padStart(6)).join('')
  console.log(`${row.name.padEnd(44)}${text} ms  ${isSlow(row) ? 'TOO SLOW' : ''}`)
}

function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}

async function bundleCollector() {
  // Inside the package, so that the bundle finds the dependencies.
  const dir = join(collectorDir, 'node_modules', '.bench-bundle', String(process.pid))
  await mkdir(dir, { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(collectorDir, 'package.json'), 'utf8'))
  const file = join(dir, 'collector.mjs')
  await build({
    stdin: {
      contents: `export * from './index'; export { closeDays } from './rollup/close-days'; export { createSiteClock } from './site-clock'`,
      resolveDir: join(collectorDir, 'src'),
      loader: 'ts',
    },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: Object.keys(dependencies),
    alias: { '@sightline/sdk/wire': join(collectorDir, '../sdk/src/wire.ts') },
    logLevel: 'warning',
  })
  return { file, remove: () => rm(dir, { recursive: true, force: true }) }
}
