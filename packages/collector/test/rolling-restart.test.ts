// Two collectors, one PostgreSQL, a balancer: restarted in turn under load, nobody who sends sees any of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestResult } from '@sightline/sdk/wire'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open-database'
import { balance } from './support/balancer'
import { endAllCollectors, startCollector, type CollectorProcess } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'
import { countersOffBy, mixedEvents, storedIds } from './support/events'

const SENDERS = 4

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endAllCollectors()
  for (const step of undo.splice(0)) await step()
})

async function untilReady({ url }: CollectorProcess): Promise<void> {
  while (!(await fetch(`${url}/readyz`)).ok) await sleep(20)
}

test('a rolling restart loses nothing, stores nothing twice and fails no request', async () => {
  const { url: databaseUrl, drop } = await createPostgresDatabase()
  undo.push(drop)
  const start = async () => {
    const collector = await startCollector({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' })
    await untilReady(collector)
    return collector
  }
  const collectors = [await start(), await start()]
  const balancer = await balance(() => collectors.map(({ url }) => url))
  undo.unshift(() => balancer.close())

  const over = new AbortController()
  const acknowledged: string[] = []
  let decided = 0
  const failures: (number | string)[] = []
  async function keepSending(): Promise<void> {
    while (!over.signal.aborted) {
      const events = mixedEvents(20)
      const sent = { method: 'POST', body: JSON.stringify({ events }) }
      const answer = await fetch(`${balancer.url}/v1/events`, sent).catch((error: Error) => error)
      if (answer instanceof Error || !answer.ok) failures.push(answer instanceof Error ? answer.message : answer.status)
      else {
        const { tracked, duplicates } = (await answer.json()) as IngestResult
        decided += tracked + duplicates
        acknowledged.push(...events.map(({ id }) => id ?? ''))
      }
      // Beside three processes on few cores: load, not a race for the processor.
      await sleep(10)
    }
  }
  async function untilSent(events: number): Promise<void> {
    const before = acknowledged.length
    while (acknowledged.length < before + events && failures.length === 0) await sleep(5)
  }
  const sending = Array.from({ length: SENDERS }, keepSending)
  for (const index of [0, 1]) {
    await untilSent(100)
    collectors[index]?.signal('SIGTERM')
    expect(await collectors[index]?.ended).toBe(0)
    // The other one goes on alone.
    await untilSent(100)
    collectors[index] = await start()
  }
  over.abort()
  await Promise.all(sending)

  expect(failures).toEqual([])
  expect(decided).toBe(acknowledged.length)
  const db = await openDatabase({ databaseUrl })
  undo.unshift(() => db.close())
  expect(await storedIds(db)).toEqual(acknowledged.toSorted())
  expect(await countersOffBy(db)).toEqual([])
}, 120_000)
