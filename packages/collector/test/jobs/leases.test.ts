// A job runs on one of N collectors, is taken over when its owner dies, and a stale owner can change nothing any more.
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/database/open-database'
import { claimJob, extendLease, JobProblem, LeaseLost, readJobStates, releaseJob } from '../../src/job-lease'
import { runJob, startJobs, type Job, type JobRunner } from '../../src/job-runner'
import { onBothDatabases } from '../support/databases'

const LEASE_MS = 60_000
const daily = { name: 'count', everyMs: 86_400_000 }
const by = (holder: string, forced = false) => ({ holder, leaseMs: LEASE_MS, forced })

/** Lets time pass for the database's clock, which leases go by. */
async function letPass({ kysely }: Database, ms: number): Promise<void> {
  const back = sql`interval '1 millisecond' * ${ms}::float8`
  await sql`update job_leases set expires_at = expires_at - ${back}, started_at = started_at - ${back},
    finished_at = finished_at - ${back}`.execute(kysely)
}

const write = ({ kysely }: { kysely: Database['kysely'] }, name: string) =>
  kysely.insertInto('outcomes').values({ day: '2026-11-21', outcome: 'tracked', reason: name, count: 1 }).execute()

const until = async (isTrue: () => boolean) => {
  await expect.poll(isTrue, { timeout: 10_000, interval: 5 }).toBe(true)
}

onBothDatabases('a lease', (database) => {
  const written = async () =>
    (await database().kysely.selectFrom('outcomes').select('reason').orderBy('reason').execute()).map(
      (row) => row.reason,
    )
  const claim = async (holder: string, forced = false) => {
    const lease = await claimJob(database(), daily, by(holder, forced))
    if (!lease) throw new Error(`expected ${holder} to get the lease`)
    return lease
  }

  test('belongs to one collector, however many try', async () => {
    const claims = await Promise.all(['a', 'b', 'c'].map((holder) => claimJob(database(), daily, by(holder))))
    expect(claims.filter((lease) => lease !== undefined)).toHaveLength(1)
  })

  test('is not given again before the period is over', async () => {
    await releaseJob(database(), await claim('a'))
    expect(await claimJob(database(), daily, by('b'))).toBeUndefined()
    await letPass(database(), daily.everyMs)
    expect(await claimJob(database(), daily, by('b'))).toBeDefined()
  })

  test('is given to another when its owner shows no sign of life', async () => {
    const dead = await claim('a')
    expect(await claimJob(database(), daily, by('b', true))).toBeUndefined()
    await letPass(database(), LEASE_MS)
    const heir = await claim('b')
    expect(BigInt(heir.fence)).toBe(BigInt(dead.fence) + 1n)
  })

  test('is kept by an owner that says that it lives', async () => {
    const { job, fence } = await claim('a')
    await letPass(database(), LEASE_MS - 1_000)
    expect(await extendLease(database().jobs, job, fence, LEASE_MS)).toBe(true)
    await letPass(database(), LEASE_MS - 1_000)
    expect(await claimJob(database(), daily, by('b', true))).toBeUndefined()
  })

  test('a stale owner writes nothing, and its heir does', async () => {
    const stale = await claim('a')
    await stale.fenced((run) => write({ kysely: run }, 'first'))
    await letPass(database(), LEASE_MS)
    const heir = await claim('b')
    await expect(stale.fenced((run) => write({ kysely: run }, 'stale'))).rejects.toThrow(LeaseLost)
    await heir.fenced((run) => write({ kysely: run }, 'heir'))
    expect(await written()).toEqual(['first', 'heir'])
    expect(await extendLease(database().jobs, stale.job, stale.fence, LEASE_MS)).toBe(false)
  })

  test('a stale owner cannot give back what it does not have', async () => {
    const stale = await claim('a')
    await letPass(database(), LEASE_MS)
    await claim('b')
    await releaseJob(database(), stale)
    expect(await claimJob(database(), daily, by('c', true))).toBeUndefined()
  })

  test('a transaction that fails leaves nothing, and the lease stays', async () => {
    const lease = await claim('a')
    const failing = lease.fenced(async (run) => {
      await write({ kysely: run }, 'half')
      throw new Error('no luck')
    })
    await expect(failing).rejects.toThrow('no luck')
    expect(await written()).toEqual([])
    await lease.fenced((run) => write({ kysely: run }, 'whole'))
    expect(await written()).toEqual(['whole'])
  })

  const state = async () => (await readJobStates(database(), [daily]))[0]

  describe('the state of a job', () => {
    test('is due and has no lag before its first run', async () => {
      expect(await state()).toMatchObject({ isDue: true, lagMs: null, finishedAt: null, lastError: null })
    })

    test('tells its holder while it runs, and its end', async () => {
      const lease = await claim('a')
      expect(await state()).toMatchObject({ holder: 'a', isDue: false, finishedAt: null })
      await releaseJob(database(), lease)
      expect(await state()).toMatchObject({ holder: null, isDue: false, lagMs: 0, finishedAt: expect.any(Date) })
    })

    test('tells by how much its next success is overdue', async () => {
      await releaseJob(database(), await claim('a'))
      await letPass(database(), daily.everyMs + 5_000)
      const lagMs = (await state())?.lagMs ?? 0
      expect(lagMs).toBeGreaterThanOrEqual(5_000)
      expect(lagMs).toBeLessThan(15_000)
    })

    test('tells the kind of an error and not its words, which may quote values', async () => {
      const error = Object.assign(new Error('value "ada@example.com" is not unique'), { code: '23505' })
      await releaseJob(database(), await claim('a'), error)
      expect(await state()).toMatchObject({ lastError: 'Error 23505', finishedAt: null })
      await letPass(database(), 60_000)
      expect((await state())?.isDue).toBe(true)
      await releaseJob(database(), await claim('a'), new JobProblem('Expected every day to be closed.'))
      expect((await state())?.lastError).toBe('Expected every day to be closed.')
      await releaseJob(database(), await claim('a', true))
      expect((await state())?.lastError).toBeNull()
    })
  })

  describe('the runner', () => {
    const runners: JobRunner[] = []
    afterEach(async () => {
      await Promise.all(runners.splice(0).map((runner) => runner.stop()))
    })
    function start(holder: string, jobs: Job[], failures: string[] = []): JobRunner {
      const onFailure = (job: string, error: unknown) => void failures.push(`${job}: ${String(error)}`)
      const runner = startJobs({ db: database(), jobs, holder, leaseMs: LEASE_MS, isReady: () => true, onFailure })
      runners.push(runner)
      return runner
    }

    test('of two collectors never runs a job twice at once', async () => {
      let running = 0
      let most = 0
      let runs = 0
      const job: Job = {
        name: 'slow',
        everyMs: 10,
        async run({ fenced }) {
          most = Math.max(most, ++running)
          await fenced((run) => sql`select 1`.execute(run))
          running--
          runs++
        },
      }
      start('a', [job])
      start('b', [job])
      await until(() => runs >= 20)
      expect(most).toBe(1)
    })

    test('tells a failure, and runs the other jobs all the same', async () => {
      const failures: string[] = []
      let runs = 0
      const fails: Job = { name: 'fails', everyMs: 10, run: () => Promise.reject(new Error('no luck')) }
      const counts: Job = { name: 'counts', everyMs: 10, run: async () => void runs++ }
      const runner = start('a', [fails, counts], failures)
      await until(() => runs >= 2 && failures.length >= 2)
      expect(failures[0]).toBe('fails: Error: no luck')
      await until(() => runner.states().find(({ name }) => name === 'fails')?.lastError === 'Error')
    })

    test('when it is stopped ends its job after the transaction at hand and gives the lease back', async () => {
      let steps = 0
      const endless: Job = {
        name: 'endless',
        everyMs: 10,
        async run({ fenced }) {
          for (;;) await fenced(async (run) => void (await write({ kysely: run }, `step ${steps++}`)))
        },
      }
      const runner = start('a', [endless])
      await until(() => steps >= 3)
      await runner.stop()
      const done = steps
      expect((await written()).length).toBe(done)
      expect(await claimJob(database(), endless, by('b'))).toBeDefined()
    })

    test('runs a job at once when people ask for it, unless somebody runs it', async () => {
      let runs = 0
      const job: Job = { ...daily, run: async () => void runs++ }
      const deps = { db: database(), holder: 'cli', leaseMs: LEASE_MS }
      expect([await runJob(deps, job), await runJob(deps, job)]).toEqual([true, false])
      expect(await runJob(deps, job, { forced: true })).toBe(true)
      await claim('a', true)
      expect(await runJob(deps, job, { forced: true })).toBe(false)
      expect(runs).toBe(2)
    })
  })
})
