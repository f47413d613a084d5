// The command: what storing an event costs, from a bare insert to the whole collector. See README.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../observe/statistics.mjs'
import { bundleCollector, collectorDir } from './bundle.mjs'
import { startChild } from './child.mjs'
import { createBodies, createId } from './events.mjs'
import { sendAll } from './load.mjs'
import { openPostgres } from './postgres.mjs'
import { formatRows, formatVerdicts, judge, toRows } from './report.mjs'

const LONGEST_RUN_MS = 900_000
const HALF_LOAD_SECONDS = 5

const variants = [
  { name: 'limit', title: 'bare insert, unnest of 500', events: 40_000, rowsPerStatement: 500, connections: 2 },
  { name: 'fifties', title: 'collector, batches of 50', events: 40_000, batch: 50, connections: 32 },
  { name: 'tens', title: 'collector, batches of 10', events: 30_000, batch: 10, connections: 384 },
  { name: 'singles', title: 'collector, single events', events: 8_000, batch: 1, connections: 256 },
  { name: 'peer', title: 'bare insert, one per event', events: 8_000, rowsPerStatement: 1, connections: 8 },
  { name: 'pglite', title: 'collector on PGlite, batches of 50', events: 15_000, batch: 50, connections: 32 },
]

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, profile: { type: 'string' } } })
const roundCount = Number(values.rounds)
if (!Number.isInteger(roundCount) || roundCount < 1) {
  throw new Error(`bench: expected --rounds to be a whole number from 1 up, got "${values.rounds}".`)
}

// Whatever hangs, the run ends, and its processes with it.
setTimeout(() => {
  console.error('bench: the run took too long.')
  process.exit(1)
}, LONGEST_RUN_MS).unref()

const closing = []
try {
  const bundle = await bundleCollector()
  closing.push(bundle.remove)
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-bench-pglite-'))
  closing.push(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = await openPostgres(process.env.DATABASE_URL)
  closing.push(postgres.drop)
  const start = (name, options) => {
    const child = startChild(name, options)
    closing.push(child.end)
    return child
  }
  const execArgv = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
  const collector = start('collector-process.mjs', {
    env: { BUNDLE: bundle.file, DATABASE_URL: postgres.url },
    execArgv: ['--enable-source-maps', ...execArgv],
  })
  const onPglite = start('collector-process.mjs', { env: { BUNDLE: bundle.file, DATA_DIR: dataDir } })
  const writer = start('writer-process.mjs', { env: { COLLECTOR_DIR: collectorDir, DATABASE_URL: postgres.url } })

  const machine = { postgres: postgres.version, node: process.version, cpu: cpus()[0].model, cores: cpus().length }
  console.log(
    `PostgreSQL ${machine.postgres}, Node ${machine.node}, ${machine.cores} cores, load ${loadavg()[0].toFixed(1)}`,
  )

  // Compiles what will be hot, and leaves the rows that the bare inserts write again.
  await collector.ask('ready')
  let seed = 1
  const warmUp = { 50: 60_000, 10: 30_000, 1: 8_000 }
  for (const [batch, events] of Object.entries(warmUp)) {
    await sendTo(collector, { batch: Number(batch), events, connections: 32 })
  }
  await sendTo(onPglite, { batch: 50, events: 20_000, connections: 32 })
  const columns = (
    await postgres.query(`select attname, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = 'events'::regclass and attnum > 0 and not attisdropped order by attnum`)
  ).map(({ attname, type }) => [attname, type])
  const template = (await postgres.query('select * from events limit 40000')).map((row) =>
    columns.map(([name]) => row[name]),
  )
  await write(variants[0])
  await write({ ...variants[4], events: 2_000 })

  const rounds = []
  const sizes = []
  for (let round = 0; round < roundCount; round++) {
    const samples = {}
    // There and back, so that none always follows the same neighbour.
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      await empty()
      samples[variant.name] = await measure(variant)
      if (variant.name === 'fifties') sizes.push(await bytesPerEvent())
    }
    rounds.push(samples)
    console.log(`round ${round + 1} of ${roundCount}, load ${loadavg()[0].toFixed(1)}`)
  }

  const rows = toRows(variants, rounds)
  await empty()
  const { perSecond } = rows.find(({ name }) => name === 'tens')
  const half = { batch: 10, connections: 64, everyMs: 20_000 / perSecond }
  half.events = Math.floor((HALF_LOAD_SECONDS * 1_000) / half.everyMs) * half.batch
  const { waitedMs } = await sendTo(collector, half)

  const size = {
    heap: median(sizes.map(({ heap }) => heap)),
    indexes: median(sizes.map(({ indexes }) => indexes)),
    total: median(sizes.map(({ heap, indexes }) => heap + indexes)),
  }
  const verdicts = judge(rows, { bytesPerEvent: size, waitedMs })
  console.log(`\nCPU per event and what it makes of a CPU-second, medians of ${roundCount} rounds`)
  console.log(formatRows(rows))
  console.log(`\n${size.heap.toFixed(0)} bytes of heap and ${size.indexes.toFixed(0)} of indexes per event`)
  console.log(`\n${formatVerdicts(verdicts)}`)

  const path = fileURLToPath(new URL('result.json', import.meta.url))
  const result = { machine: { ...machine, loadAfter: loadavg()[0] }, verdicts, rows, bytesPerEvent: size, rounds }
  await writeFile(path, JSON.stringify(result, undefined, 2))
  console.log(`\nload ${loadavg()[0].toFixed(1)} at the end; every sample: ${path}`)

  async function measure(variant) {
    if (variant.rowsPerStatement !== undefined) return write(variant)
    const child = variant.name === 'pglite' ? onPglite : collector
    const { seconds, cpuSeconds, postgresSeconds } = await sendTo(child, variant)
    return { events: variant.events, seconds, nodeSeconds: cpuSeconds, postgresSeconds }
  }

  async function sendTo(child, { batch, events, connections, everyMs }) {
    const bodies = createBodies(events, batch, seed++)
    const before = await child.ask('cpu')
    const postgresBefore = await postgres.cpuSeconds()
    const { seconds, stored, waitedMs } = await sendAll(before.port, bodies, { connections, everyMs })
    const after = await child.ask('cpu')
    if (stored !== events) throw new Error(`bench: expected ${events} events to be stored, got ${stored}.`)
    const isPglite = child === onPglite
    return {
      seconds,
      waitedMs,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      postgresSeconds: isPglite ? 0 : (await postgres.cpuSeconds()) - postgresBefore,
    }
  }

  async function write({ events, rowsPerStatement, connections }) {
    const contentAt = columns.findIndex(([name]) => name === 'content_key')
    const idAt = columns.findIndex(([name]) => name === 'event_id')
    let next = 0
    const renew = () => template[next++ % template.length].with(idAt, createId())
    const rows = Array.from({ length: events / rowsPerStatement }, () =>
      // Sorted as the collector does it, which spares the index some work.
      Array.from({ length: rowsPerStatement }, renew).toSorted((a, b) => compare(a[contentAt], b[contentAt])),
    ).flat()
    await writer.ask({ columns, rows, rowsPerStatement })
    const postgresBefore = await postgres.cpuSeconds()
    const { cpuSeconds, seconds } = await writer.ask({ connections })
    const postgresSeconds = (await postgres.cpuSeconds()) - postgresBefore
    return { events, seconds, nodeSeconds: cpuSeconds, postgresSeconds }
  }

  async function empty() {
    await postgres.query('truncate events, content_hours, positions')
    await postgres.query('checkpoint')
  }

  async function bytesPerEvent() {
    const [size] =
      await postgres.query(`select sum(pg_table_size(relid)) as heap, sum(pg_indexes_size(relid)) as indexes,
      (select count(*) from events) as events from pg_partition_tree('events') where isleaf`)
    // An empty index has a page; so few of them that they do not matter.
    return { heap: size.heap / size.events, indexes: size.indexes / size.events }
  }
} finally {
  for (const close of closing.toReversed()) await close()
}

function compare(a, b) {
  if (a === b) return 0
  return a < b ? -1 : 1
}
