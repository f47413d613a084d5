// Ctrl-C on a command that takes its time: it says how far it came, leaves nothing that is half, and can be run again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { migrate } from '../src/database/migrate'
import { openDatabase, type Database } from '../src/database/open-database'
import { endAllCollectors, runCli, startCollector } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'
import { countersOffBy, countRows, mixedEvents, storedIds } from './support/events'

const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
const BATCHES = 40
const EVENTS_A_BATCH = 500
const INTERRUPTED = 130

let dir: string
let full: { url: string; drop: () => Promise<void> }
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-interrupted-'))
  full = await createPostgresDatabase()
  const filling = await startCollector({ DATABASE_URL: full.url, ADMIN_TOKEN, LOG_LEVEL: 'silent' })
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  for (let batch = 0; batch < BATCHES; batch++) {
    const body = JSON.stringify({ events: mixedEvents(EVENTS_A_BATCH) })
    await fetch(`${filling.url}/v1/events`, { method: 'POST', headers, body })
  }
  filling.signal('SIGTERM')
  await filling.ended
})
afterEach(endAllCollectors)
afterAll(async () => {
  await full.drop()
  await rm(dir, { recursive: true, force: true })
})

/** Looks often: what is waited for is over soon. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error('expected something to happen within 30 s')
    await sleep(1)
  }
}

test('an export that is stopped leaves neither a file nor a part of one', async () => {
  const file = join(dir, 'stopped.ndjson')
  const exporting = runCli(['export', file], { DATABASE_URL: full.url })
  await until(() => existsSync(`${file}.part`))
  exporting.child.kill('SIGINT')
  expect([await exporting.ended, exporting.output()]).toEqual([
    INTERRUPTED,
    expect.stringContaining(`events. ${file} was not written.`),
  ])
  expect(readdirSync(dir)).toEqual([])
})

test('an import that is stopped says so, and goes on when it is run again', async () => {
  const file = join(dir, 'events.ndjson')
  expect(await runCli(['export', file, '--quiet'], { DATABASE_URL: full.url }).ended).toBe(0)
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(BATCHES * EVENTS_A_BATCH)
  const { url, drop } = await createPostgresDatabase()
  const [source, target] = [await openDatabase({ databaseUrl: full.url }), await openDatabase({ databaseUrl: url })]
  try {
    await migrate(target)
    const importing = runCli(['import', file], { DATABASE_URL: url })
    await until(async () => (await countRows(target, 'events')) > 0)
    importing.child.kill('SIGINT')
    expect([await importing.ended, importing.output()]).toEqual([
      INTERRUPTED,
      expect.stringMatching(/stopped; [\d,]+ events were stored\. Run the same command again to go on/),
    ])
    expect(await countRows(target, 'events')).toBeLessThan(BATCHES * EVENTS_A_BATCH)

    const again = runCli(['import', file, '--json'], { DATABASE_URL: url })
    expect(await again.ended).toBe(0)
    expect(JSON.parse(again.output())).toMatchObject({ events: BATCHES * EVENTS_A_BATCH, problems: 0 })
    await expectSameEvents(source, target)
  } finally {
    await source.close()
    await target.close()
    await drop()
  }
})

async function expectSameEvents(source: Database, target: Database): Promise<void> {
  expect(await storedIds(target)).toEqual(await storedIds(source))
  expect(await countersOffBy(target)).toEqual([])
}

test('an import that waits for standard input ends when it is stopped', async () => {
  const { url, drop } = await createPostgresDatabase()
  const importing = spawn(process.execPath, [inject('cliFile'), 'import', '-'], { env: { DATABASE_URL: url } })
  const ended = once(importing, 'exit')
  const target = await openDatabase({ databaseUrl: url })
  try {
    // The tables are there: it waits for the first line now, or is about to.
    await until(() =>
      countRows(target, 'events').then(
        () => true,
        () => false,
      ),
    )
    await sleep(200)
    importing.kill('SIGINT')
    expect(await ended).toEqual([INTERRUPTED, null])
  } finally {
    importing.kill('SIGKILL')
    await target.close()
    await drop()
  }
})
