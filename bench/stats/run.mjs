// The command: how long every question of the stats API takes on a big site, without any answer kept. See README.md.
import { rm, mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { collectorDir } from '../ingest/bundle.mjs'
import { openPostgres } from '../ingest/postgres.mjs'
import { routes } from './routes.mjs'
import { writeTraffic } from './traffic.mjs'

const LIMIT_MS = 300
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
const postgres = await openPostgres(process.env.DATABASE_URL)
const closing = [() => postgres.drop(), bundle.remove]
try {
  const { buildCollector, openDatabase, migrate, createSiteClock, closeDays } = await import(
    pathToFileURL(bundle.file).href
  )
  const db = await openDatabase({ databaseUrl: postgres.url })
  closing.unshift(() => db.close())
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

  const app = await buildCollector({
    db,
    config: { adminToken, logLevel: 'silent', statsCacheMs: 0, trending: true, rawRetentionDays: rawDays },
  })
  closing.unshift(() => app.close())
  const rows = []
  for (const { name, url, limitMs = LIMIT_MS } of routes({ contents })) {
    if (values.only !== undefined && !name.includes(values.only)) continue
    const tookMs = []
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now()
      const answer = await app.inject({ url: url(round), headers: { authorization: `Bearer ${adminToken}` } })
      tookMs.push(performance.now() - begin)
      if (answer.statusCode !== 200) throw new Error(`bench: ${url(round)} was answered with ${answer.body}`)
    }
    rows.push({
      name,
      p50Ms: quantile(tookMs, 0.5),
      p95Ms: quantile(tookMs, 0.95),
      mostMs: Math.max(...tookMs),
      limitMs,
    })
    print(rows.at(-1))
  }
  const slow = rows.filter(({ p95Ms, limitMs }) => p95Ms > limitMs)
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
    rows,
    bytes: Object.fromEntries(sizes.map(({ table, bytes }) => [table, Number(bytes)])),
  }
  if (values.only === undefined)
    await writeFile(fileURLToPath(new URL('result.json', import.meta.url)), `${JSON.stringify(result, undefined, 2)}\n`)
  process.exitCode = slow.length === 0 ? 0 : 1
} finally {
  for (const close of closing) await close()
}

function cell(ms) {
  return ms.toFixed(0).padStart(6)
}

function print({ name, p50Ms, p95Ms, mostMs, limitMs }) {
  console.log(`${name.padEnd(44)}${cell(p50Ms)}${cell(p95Ms)}${cell(mostMs)} ms  ${p95Ms > limitMs ? 'TOO SLOW' : ''}`)
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
