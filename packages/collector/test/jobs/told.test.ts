// Operators see how every job goes: in /readyz, in /metrics and with the command.
import { expect, test } from 'vitest'
import { createPostgresDatabase, onBothDatabases } from '../support/databases'
import { useCollectors } from '../support/collectors'
import { endAllCollectors, runCli, startCollector } from '../support/collector-process'
import { openDatabase } from '../../src/database/open-database'
import { mintId } from '../../src/ingest/event-id'

const JOBS = [
  'partitions',
  'erasures',
  'close-days',
  'raw-events',
  'roll-ups',
  'salts',
  'dead-letters',
  'view-gates',
  'recent-views',
  'old-erasures',
  'old-shares',
]

onBothDatabases('a collector', (database) => {
  const build = useCollectors(database)

  test('tells the lag and the last error of every job, and stays ready when one lags', async () => {
    const { call } = await build({ longestJobPeriodMs: 100 })
    const ready = async () => (await call('GET', '/readyz')).json()
    await expect.poll(async () => (await ready()).jobs.length, { timeout: 15_000 }).toBe(JOBS.length)
    await expect
      .poll(async () => (await ready()).jobs.every(({ finishedAt }: { finishedAt: string }) => finishedAt !== null), {
        timeout: 15_000,
      })
      .toBe(true)
    const { ready: isReady, jobs } = await ready()
    expect(isReady).toBe(true)
    expect(jobs).toEqual(
      JOBS.map((name) => ({
        name,
        finishedAt: expect.stringMatching(/Z$/),
        lagSeconds: expect.any(Number),
        lastError: null,
      })),
    )
    const { body } = await call('GET', '/metrics')
    for (const name of JOBS) {
      expect(body).toMatch(new RegExp(`sightline_job_lag_seconds\\{job="${name}"\\} \\d`))
      expect(body).toContain(`sightline_job_failing{job="${name}"} 0`)
    }
  })
})

test('the command lists the jobs, runs one, and says when it fails', async () => {
  const { url, drop } = await createPostgresDatabase()
  const run = async (...argv: string[]) => {
    const cli = runCli(['jobs', ...argv], { DATABASE_URL: url, RAW_RETENTION_DAYS: '1' })
    return { code: await cli.ended, output: cli.output() }
  }
  try {
    const listed = await run()
    expect(listed.code).toBe(0)
    expect(
      listed.output
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(JOBS)
    expect(listed.output).toContain('never done')
    expect(await run('run', 'partitions')).toEqual({ code: 0, output: 'The job "partitions" is done.\n' })
    expect((await run('list')).output).toMatch(/^partitions .* done 20/m)
    expect(await run('run', 'sleep')).toMatchObject({
      code: 2,
      output: expect.stringContaining('expected one of the jobs partitions'),
    })
    expect((await run('burn')).code).toBe(2)
  } finally {
    await drop()
  }
})

test('the command erases a person and waits until nothing can come any more', async () => {
  const { url, drop } = await createPostgresDatabase()
  const erase = async (...argv: string[]) => {
    const cli = runCli(['erase', ...argv], { DATABASE_URL: url, MAX_WAIT_MS: '100' })
    return { code: await cli.ended, output: cli.output() }
  }
  try {
    const collector = await startCollector({ DATABASE_URL: url, LOG_LEVEL: 'silent' })
    const body = JSON.stringify({ anonymousId: 'v-1', events: [{ id: mintId(Date.now()), type: 'like' }] })
    expect((await fetch(`${collector.url}/v1/events`, { method: 'POST', body })).status).toBe(200)
    expect((await erase()).code).toBe(2)
    const done = await erase('--anonymous-id', 'v-1')
    expect(done).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Receipt [0-9a-f-]{36}\n.*\nDone: 1 events lost/),
    })
    const receipt = /Receipt (\S+)/.exec(done.output)?.[1]
    expect(await (await fetch(`${collector.url}/v1/erasures/${receipt}`)).json()).toMatchObject({ state: 'done' })
    const late = await fetch(`${collector.url}/v1/events`, { method: 'POST', body })
    expect(await late.json()).toMatchObject({ dropped: { erased: 1 } })
    const db = await openDatabase({ databaseUrl: url })
    expect(await db.kysely.selectFrom('events').select('viewer_key').execute()).toEqual([{ viewer_key: '0' }])
    await db.close()
  } finally {
    endAllCollectors()
    await drop()
  }
}, 60_000)
