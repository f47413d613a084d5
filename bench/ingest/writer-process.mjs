// Writes prepared rows into `events` with a bare driver, and nothing else: no HTTP, no rules, no counters.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { answerParent } from './child.mjs'

const { COLLECTOR_DIR: collectorDir, DATABASE_URL: connectionString } = process.env
const pg = createRequire(join(collectorDir, 'package.json'))('pg')
const pool = new pg.Pool({ connectionString, max: 8 })
/** Statements of the next run, made before its time begins. */
let prepared = []

/** One statement for each `rowsPerStatement` rows. Columns are `[name, type]`, rows lists of texts in their order. */
function prepare({ columns, rows, rowsPerStatement }) {
  const into = `insert into events (${columns.map(([name]) => name).join(', ')})`
  if (rowsPerStatement === 1) {
    const text = `${into} values (${columns.map((_, place) => `$${place + 1}`).join(', ')})`
    return rows.map((values) => ({ text, values }))
  }
  const arrays = columns.map(([, type], place) => `$${place + 1}::${type}[]`).join(', ')
  const text = `${into} select * from unnest(${arrays})`
  return Array.from({ length: rows.length / rowsPerStatement }, (_, group) => {
    const part = rows.slice(group * rowsPerStatement, (group + 1) * rowsPerStatement)
    return { text, values: columns.map((_, place) => part.map((row) => row[place])) }
  })
}

async function write(connections) {
  const statements = prepared.values()
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (const { text, values } of statements) await pool.query(text, values)
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - startedAt) / 1000 }
}

answerParent(
  async ({ connections, ...rows }) => {
    if (connections !== undefined) return write(connections)
    prepared = prepare(rows)
    return {}
  },
  () => pool.end(),
)
