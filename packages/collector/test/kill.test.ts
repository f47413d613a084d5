// Acknowledged means stored: whatever got a 200 before a kill -9 is in the tables after it, once.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestResult } from '@sightline/sdk/wire'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open-database'
import { endAllCollectors, startCollector, type CollectorProcess } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'
import { countersOffBy, mixedEvents, storedIds } from './support/events'

/** An embedded database takes seconds to come back, and `bench/chaos` kills either fifty times. */
const kills = { pglite: 8, postgres: 20 }
const SENDERS = 4
const LIFE_MS = [150, 700] as const

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endAllCollectors()
  for (const step of undo.splice(0)) await step()
})

async function newPlace(kind: 'pglite' | 'postgres') {
  if (kind === 'postgres') {
    const { url, drop } = await createPostgresDatabase()
    undo.push(drop)
    return { env: { DATABASE_URL: url }, open: () => openDatabase({ databaseUrl: url }) }
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-kill-'))
  undo.push(() => rm(dataDir, { recursive: true, force: true }))
  return { env: { DATA_DIR: dataDir }, open: () => openDatabase({ dataDir }) }
}

test.each(Object.entries(kills) as [keyof typeof kills, number][])(
  'on %s, loses and doubles nothing over %i kills under load',
  async (kind, most) => {
    const place = await newPlace(kind)
    const env = { ...place.env, LOG_LEVEL: 'silent' }
    let collector: CollectorProcess = await startCollector(env)
    const over = new AbortController()
    const acknowledged: string[] = []
    let decided = 0
    let unanswered = 0

    // Sends a batch until it is acknowledged, as the SDK does.
    async function keepSending(): Promise<void> {
      while (!over.signal.aborted) {
        const events = mixedEvents(25)
        while (!over.signal.aborted) {
          const answer = await fetch(`${collector.url}/v1/events`, { method: 'POST', body: JSON.stringify({ events }) })
            .then(async (response) => response.ok && ((await response.json()) as IngestResult))
            .catch(() => false as const)
          if (answer) {
            decided += answer.tracked + answer.duplicates
            acknowledged.push(...events.map(({ id }) => id ?? ''))
            break
          }
          unanswered++
          await sleep(20)
        }
      }
    }

    const senders = Array.from({ length: SENDERS }, keepSending)
    for (let kill = 0; kill < most; kill++) {
      const before = acknowledged.length
      await sleep(LIFE_MS[0] + Math.random() * (LIFE_MS[1] - LIFE_MS[0]))
      // Under load: a kill that interrupts nothing would prove nothing.
      while (acknowledged.length === before) await sleep(5)
      collector.signal('SIGKILL')
      expect(await collector.ended).toBe('SIGKILL')
      if (kill < most - 1) collector = await startCollector(env)
    }
    over.abort()
    await Promise.all(senders)
    expect(decided).toBe(acknowledged.length)

    const db = await place.open()
    try {
      const stored = await storedIds(db)
      const missing = new Set(acknowledged)
      for (const id of stored) missing.delete(id)
      expect([...missing]).toEqual([])
      expect(new Set(stored).size).toBe(stored.length)
      expect(await countersOffBy(db)).toEqual([])
    } finally {
      await db.close()
    }
    expect(unanswered).toBeGreaterThanOrEqual(most)
    console.info(`${kind}: ${most} kills, ${acknowledged.length} events acknowledged, ${unanswered} requests cut`)
  },
  180_000,
)
