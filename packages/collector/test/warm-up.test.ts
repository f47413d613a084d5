// An embedded database is warmed by the questions of the first page: one after the other, harmless whatever happens.
import { openAsBlob } from 'node:fs'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { resolveConfig } from '../src/config'
import { openDatabase, type Database } from '../src/database/open-database'
import { warmUp } from '../src/warm-up'

let db: Database
beforeEach(async () => {
  db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
})
afterEach(() => db.close())

/** Statements that were run, and how many of them at once at most. */
function watch() {
  const seen = { statements: 0, atOnce: 0, onStatement: () => {} }
  let running = 0
  const stats = db.stats.withPlugin({
    transformQuery({ node }) {
      seen.statements++
      seen.atOnce = Math.max(seen.atOnce, ++running)
      seen.onStatement()
      return node
    },
    async transformResult({ result }) {
      running--
      return result
    },
  })
  return { seen, stats }
}

const run = (stats: Database['stats'], signal = new AbortController().signal) =>
  warmUp({ db: { stats }, config: resolveConfig({}), signal, now: Date.now })

test('asks one question after the other', async () => {
  const { seen, stats } = watch()
  await run(stats)
  expect(seen.statements).toBeGreaterThan(5)
  expect(seen.atOnce).toBe(1)
})

test('ends after the question at hand when the collector ends', async () => {
  const whole = watch()
  await run(whole.stats)
  const ending = new AbortController()
  const cut = watch()
  cut.seen.onStatement = () => ending.abort()
  await run(cut.stats, ending.signal)
  expect(cut.seen.statements).toBeLessThan(whole.seen.statements / 2)
})

test('says nothing when the database is away', async () => {
  const away = await openDatabase({ memory: true })
  // Without tables every question fails.
  await expect(run(away.stats)).resolves.toBeUndefined()
  await away.close()
})
