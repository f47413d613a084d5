// `sightline migrate --to`, as people run it: killed twice on the way, it ends with the same counts and the same answers.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../src/database/open-database'
import { endAllCollectors, runCli, startCollector } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'
import { countersOffBy, countRows, mixedEvents, storedIds } from './support/events'

const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
const EVENTS_A_BATCH = 500
/** `COPY_EVENTS=1000000` is the full size; then it takes minutes. */
const BATCHES = Math.ceil(Number(process.env.COPY_EVENTS ?? 8_000) / EVENTS_A_BATCH)
/** So long for each thousand events, beside what starting takes. */
const MS_PER_THOUSAND = 1_000

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endAllCollectors()
  for (const step of undo.splice(0)) await step()
})

async function places() {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-copy-'))
  const { url, drop } = await createPostgresDatabase()
  undo.push(drop, () => rm(dataDir, { recursive: true, force: true }))
  return { dataDir, url }
}

const questions = [
  'site?days=7',
  'series?days=7',
  'top?by=views&limit=20',
  'breakdown/source',
  'positions',
  'hours',
  'durations',
]

/** What the stats API answers, without when. */
async function ask(env: Record<string, string>): Promise<unknown[]> {
  const collector = await startCollector({ ...env, ADMIN_TOKEN, LOG_LEVEL: 'silent' })
  const answers: unknown[] = []
  for (const question of questions) {
    const answer = await fetch(`${collector.url}/v1/stats/${question}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    expect(answer.status).toBe(200)
    const { freshAsOf: _when, ...numbers } = (await answer.json()) as Record<string, unknown>
    answers.push(numbers)
  }
  collector.signal('SIGTERM')
  expect(await collector.ended).toBe(0)
  return answers
}

test(
  'killed twice on the way: equal counts, equal answers',
  async () => {
    const { dataDir, url } = await places()
    const filling = await startCollector({ DATA_DIR: dataDir, ADMIN_TOKEN, LOG_LEVEL: 'silent' })
    for (let batch = 0; batch < BATCHES; batch++) {
      const body = JSON.stringify({ events: mixedEvents(EVENTS_A_BATCH) })
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
      expect((await fetch(`${filling.url}/v1/events`, { method: 'POST', headers, body })).status).toBe(200)
    }
    filling.signal('SIGTERM')
    expect(await filling.ended).toBe(0)
    const before = await ask({ DATA_DIR: dataDir })

    const command = ['migrate', '--to', url, '--data-dir', dataDir]
    for (const part of [25, 60]) {
      const copying = runCli(command)
      const percent = () => Number(/(\d+) % of [^%]*$/.exec(copying.output())?.[1] ?? 0)
      while (percent() < part && copying.child.exitCode === null) await sleep(2)
      copying.child.kill('SIGKILL')
      expect(await copying.ended).toBe('SIGKILL')
    }
    const { ended, output } = runCli(command)
    expect([await ended, output()]).toEqual([0, expect.stringContaining('The counts of all tables are equal.')])
    // It went on: the first thing that it says is how much is there.
    expect(Number(/^(\d+) % of/.exec(output())?.[1])).toBeGreaterThanOrEqual(50)

    expect(await ask({ DATABASE_URL: url })).toEqual(before)
    const [source, target] = [await openDatabase({ dataDir }), await openDatabase({ databaseUrl: url })]
    undo.unshift(
      () => source.close(),
      () => target.close(),
    )
    expect(await storedIds(target)).toEqual(await storedIds(source))
    expect(await countRows(target, 'events')).toBe(BATCHES * EVENTS_A_BATCH)
    expect(await countersOffBy(target)).toEqual([])
  },
  240_000 + (BATCHES * EVENTS_A_BATCH * MS_PER_THOUSAND) / 1_000,
)

test.each([
  [
    { DATABASE_URL: 'postgres://x@127.0.0.1:1/none' },
    ['--to', 'postgres://x@127.0.0.1:1/other'],
    2,
    /Leave DATABASE_URL out/,
  ],
  [
    { DATA_DIR: './nowhere' },
    ['--to', 'postgres://x@127.0.0.1:1/other'],
    78,
    /DATA_DIR must be a directory with an embedded/,
  ],
  [{}, ['--to', 'mysql://x'], 78, /must be a URL that begins with postgres:\/\//],
  [{}, ['--list', '--dry-run'], 2, /expected one of --list, --dry-run and --to/],
])('with %j, migrate %j ends with %d', async (env, argv, code, sentence) => {
  const { ended, output } = runCli(['migrate', ...argv], env)
  expect([await ended, output()]).toEqual([code, expect.stringMatching(sentence)])
})
