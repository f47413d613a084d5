// The command: kills, stops, cuts, a standstill and hostile bodies; what was acknowledged is stored once. See README.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleCollector } from '../ingest/bundle.mjs'
import { createRandom } from '../ingest/events.mjs'
import { layCable } from './cable.mjs'
import { runHostile } from './hostile.mjs'
import { startPostgres } from './postgres.mjs'
import { formatVerdicts, judge } from './report.mjs'
import { runStandstill } from './standstill.mjs'
import { runStorm, startCollector } from './storm.mjs'

const LONGEST_RUN_MS = 3_600_000
const full = { events: 100_000, faults: 50, pauseMs: 60_000, bodies: 20_000 }
const quick = { events: 10_000, faults: 5, pauseMs: 10_000, bodies: 2_000 }
const stages = ['postgres', 'pglite', 'standstill', 'hostile']

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const seed = Number(values.seed)
if (!Number.isInteger(seed)) throw new Error(`chaos: expected --seed to be a whole number, got "${values.seed}".`)
if (values.only !== undefined && !stages.includes(values.only)) {
  throw new Error(`chaos: expected --only to be one of ${stages.join(', ')}, got "${values.only}".`)
}
const size = values.quick ? quick : full

// Whatever hangs, the run ends, and its processes with it.
setTimeout(() => {
  console.error('chaos: the run took too long.')
  process.exit(1)
}, LONGEST_RUN_MS).unref()

const random = createRandom(seed)
const bundle = await bundleCollector({ withTestSupport: true })
const { openDatabase } = await import(bundle.file)
const { countersOffBy } = await import(bundle.recount)
const machine = { node: process.version, cpu: cpus()[0].model, cores: cpus().length }
console.log(
  `seed ${seed}${values.quick ? ', quick' : ''}; Node ${machine.node}, ${machine.cores} cores, load ${loadavg()[0].toFixed(1)}`,
)

const results = {}
const run = {
  async postgres() {
    const postgres = await startPostgres()
    const cable = await layCable(postgres.port)
    try {
      await postgres.query('create database storm')
      const throughCable = new URL(postgres.url('storm'))
      throughCable.port = String(cable.port)
      const collector = await startCollector({ BUNDLE: bundle.file, DATABASE_URL: throughCable.href })
      return await runStorm({
        name: 'PostgreSQL',
        collector,
        faults: { kill: size.faults, stop: size.faults, cut: size.faults },
        inflict: {
          kill: collector.kill,
          async stop() {
            await postgres.stopImmediately()
            await postgres.start()
          },
          cut: cable.cutAfterCommit,
        },
        random,
        seed,
        leastEvents: size.events,
        openTables: () => openTables({ databaseUrl: postgres.url('storm') }),
      })
    } finally {
      await cable.close()
      await postgres.remove()
    }
  },

  async pglite() {
    const dataDir = await mkdtemp(join(tmpdir(), 'sightline-chaos-pglite-'))
    try {
      const collector = await startCollector({ BUNDLE: bundle.file, DATA_DIR: dataDir })
      return await runStorm({
        name: 'PGlite',
        collector,
        faults: { kill: size.faults },
        inflict: { kill: collector.kill },
        random,
        seed: seed + 1,
        leastEvents: size.events,
        openTables: () => openTables({ dataDir }),
      })
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  },

  async standstill() {
    const postgres = await startPostgres()
    try {
      await postgres.query('create database standstill')
      const databaseUrl = postgres.url('standstill')
      const collector = await startCollector({ BUNDLE: bundle.file, DATABASE_URL: databaseUrl })
      const openThem = () => openTables({ databaseUrl })
      return await runStandstill({
        collector,
        postgres,
        pauseMs: size.pauseMs,
        random,
        seed: seed + 2,
        openTables: openThem,
      })
    } finally {
      await postgres.remove()
    }
  },

  async hostile() {
    const postgres = await startPostgres()
    try {
      await postgres.query('create database hostile')
      const databaseUrl = postgres.url('hostile')
      const collector = await startCollector({ BUNDLE: bundle.file, DATABASE_URL: databaseUrl })
      const openThem = () => openTables({ databaseUrl })
      const hostileFile = bundle.hostile
      return await runHostile({
        collector,
        hostileFile,
        count: size.bodies,
        random,
        seed: seed + 3,
        openTables: openThem,
      })
    } finally {
      await postgres.remove()
    }
  },
}

try {
  for (const stage of stages)
    if (values.only === undefined || values.only === stage) results[stage] = await run[stage]()
} finally {
  await bundle.remove()
}
const verdicts = judge(results, size)
console.log(`\n${formatVerdicts(verdicts)}`)
for (const { name, wrong } of Object.values(results)) {
  for (const { what, ...rest } of wrong.slice(0, 10))
    console.log(`${name}: ${what}: ${JSON.stringify(rest).slice(0, 400)}`)
}
const path = fileURLToPath(new URL('result.json', import.meta.url))
await writeFile(path, JSON.stringify({ seed, quick: values.quick, machine, verdicts, results }, undefined, 2))
console.log(`\nseed ${seed}, load ${loadavg()[0].toFixed(1)} at the end; everything: ${path}`)
process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1

async function openTables(options) {
  const db = await openDatabase(options)
  return {
    query: async (text) =>
      (await db.kysely.executeQuery({ sql: text, parameters: [], query: { kind: 'RawNode' }, queryId: {} })).rows,
    countersOffBy: () => countersOffBy(db),
    close: () => db.close(),
  }
}
