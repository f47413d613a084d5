// Collectors that run every job all the time are killed in the middle of it: no cell of any number differs from a recount.
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { migrate } from '../../src/database/migrate'
import { openDatabase, type Database } from '../../src/database/open-database'
import { keyOfAnonymous } from '../../src/identity/viewer-key'
import { mintId } from '../../src/ingest/event-id'
import { createPartition } from '../../src/database/day-partitions'
import { utcDay } from '../../src/site-clock'
import { endAllCollectors, startCollector, type CollectorProcess } from '../support/collector-process'
import { createPostgresDatabase } from '../support/databases'
import { mixedEvents } from '../support/events'

const DAY_MS = 86_400_000
const COLLECTORS = 3
/** `KILLS=50` for a long run. */
const KILLS = Number(process.env['KILLS'] ?? 12)
const PERSONS = 6
const OLD_DAYS = [4, 5, 6, 7]
const OLD_EVENTS = 3_000

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endAllCollectors()
  for (const step of undo.splice(0)) await step()
})

/** Counted events of each hour, content, type and audience that have raw events, where the counters say something else. */
async function cellsOff({ kysely }: Database, keptFrom: Date): Promise<unknown[]> {
  const { rows } = await sql`
    select * from (
      select content_key, date_trunc('hour', occurred_at) as hour, type, user_id is not null as authenticated,
        count(*) filter (where counted)::int as n
      from event_log where occurred_at >= ${keptFrom} group by 1, 2, 3, 4
    ) recount full join (
      select content_key, hour, type, authenticated, count::int as live from content_hours where hour >= ${keptFrom}
    ) live using (content_key, hour, type, authenticated)
    where coalesce(n, 0) <> coalesce(live, 0)`.execute(kysely)
  return rows
}

test(
  `${COLLECTORS} collectors that are killed ${KILLS} times in the middle of their jobs leave every number right`,
  async () => {
    const { url, drop } = await createPostgresDatabase()
    undo.push(drop)
    const env = {
      DATABASE_URL: url,
      LOG_LEVEL: 'silent',
      RAW_RETENTION_DAYS: '2',
      LONGEST_JOB_PERIOD_MS: '100',
      JOB_LEASE_MS: '1000',
      MAX_WAIT_MS: '1000',
    }
    const db = await openDatabase({ databaseUrl: url })
    undo.unshift(() => db.close())
    await migrate(db)

    // Days that are old enough to be closed and dropped, as if the collectors had been here all along.
    const now = Date.now()
    for (const age of OLD_DAYS) {
      const day = utcDay(now - age * DAY_MS)
      await createPartition(db, day)
      await sql`insert into events (content_key, viewer_key, event_id, occurred_at, received_at, event_day, type, channel, device)
      select i % 50 + 1, i % 200 + 1, gen_random_uuid(), ${day}::date + interval '12 hours', ${day}::date + interval '12 hours',
        ${day}::date, 2, 1, 1 from generate_series(1, ${OLD_EVENTS}::int) i`.execute(db.kysely)
      await sql`insert into content_hours (content_key, hour, type, authenticated, count, duration_ms, duration_n)
      select content_key, occurred_at, 'view', false, count(*), 0, 0 from events where event_day = ${day}::date group by 1, 2`.execute(
        db.kysely,
      )
    }

    const collectors: CollectorProcess[] = []
    for (let at = 0; at < COLLECTORS; at++) collectors.push(await startCollector(env))

    const over = new AbortController()
    let acknowledged = 0
    async function keepSending(person: number): Promise<void> {
      while (!over.signal.aborted) {
        const body = JSON.stringify({
          anonymousId: `person-${person}`,
          events: mixedEvents(20).map((event) => ({ ...event, id: mintId(Date.now()) })),
        })
        while (!over.signal.aborted) {
          const target = collectors[person % COLLECTORS]
          const answer = await fetch(`${target?.url}/v1/events`, { method: 'POST', body }).then(
            (response) => response.ok,
            () => false,
          )
          if (answer) {
            acknowledged += 20
            break
          }
          await sleep(30)
        }
        await sleep(10)
      }
    }
    const senders = Array.from({ length: PERSONS }, (_, person) => keepSending(person))

    const receipts: string[] = []
    async function erase(person: number): Promise<void> {
      const headers = { 'sightline-anonymous-id': `person-${person}` }
      for (;;) {
        const answer = await fetch(`${collectors[(person + 1) % COLLECTORS]?.url}/v1/me`, {
          method: 'DELETE',
          headers,
        }).catch(() => undefined)
        if (answer?.status === 202) {
          receipts.push(((await answer.json()) as { receipt: string }).receipt)
          return
        }
        await sleep(30)
      }
    }

    for (let kill = 0; kill < KILLS; kill++) {
      if (kill % 4 === 1 && receipts.length < PERSONS / 2) await erase(Math.floor(kill / 4))
      await sleep(150 + Math.random() * 400)
      // The one that works, when there is one.
      const { rows } = await sql<{ pid: number }>`
      select split_part(holder, ' ', 2)::int as pid from job_leases
      where expires_at > clock_timestamp() and holder is not null order by random() limit 1`.execute(db.kysely)
      const victim = Math.max(
        0,
        collectors.findIndex(({ pid }) => pid === rows[0]?.pid),
      )
      collectors[victim]?.signal('SIGKILL')
      await collectors[victim]?.ended
      collectors[victim] = await startCollector(env)
    }
    over.abort()
    await Promise.all(senders)

    // Every erasure ends, and every old day is closed and gone, by the collectors alone.
    const left = async () => {
      const { rows } = await sql<{ open: number; old: number }>`
      select (select count(*)::int from erasures where finished_at is null) as open,
        (select count(*)::int from events where event_day < ${utcDay(now - 3 * DAY_MS)}::date and event_day > '1970-01-01') as old`.execute(
        db.kysely,
      )
      return rows[0]
    }
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toEqual({ open: 0, old: 0 })

    const keptFrom = new Date(Date.parse(`${utcDay(now - 2 * DAY_MS)}T00:00:00Z`))
    expect(await cellsOff(db, keptFrom)).toEqual([])
    const { rows: closed } = await sql<{ day: string; n: number; viewers: number; difference: number }>`
    select site.day::text as day, count::int as n, viewers, difference::int from site_days site
    join closed_days using (day) where type = 'view' and day < ${utcDay(now - 3 * DAY_MS)}::date order by day`.execute(
      db.kysely,
    )
    expect(closed).toEqual(
      OLD_DAYS.toReversed().map((age) => ({
        day: utcDay(now - age * DAY_MS),
        n: OLD_EVENTS,
        viewers: 200,
        difference: 0,
      })),
    )
    const hours = await sql<{
      n: number
    }>`select sum(count)::int as n from content_hours where hour < ${keptFrom}`.execute(db.kysely)
    expect(hours.rows[0]?.n).toBe(OLD_DAYS.length * OLD_EVENTS)

    expect(receipts).toHaveLength(PERSONS / 2)
    const { rows: erased } = await sql<{ n: number }>`
    select count(*)::int as n from events join erased_viewers using (viewer_key) where received_at <= erased_at`.execute(
      db.kysely,
    )
    expect(erased).toEqual([{ n: 0 }])
    const keys = await db.kysely.selectFrom('erased_viewers').select('viewer_key').execute()
    expect(keys.map(({ viewer_key }) => viewer_key).toSorted()).toEqual(
      [0, 1, 2].map((person) => keyOfAnonymous(`person-${person}`)).toSorted(),
    )
    const fences = await sql<{ n: number }>`select max(fence)::int as n from job_leases`.execute(db.kysely)
    console.info(
      `${KILLS} kills, ${acknowledged} events acknowledged, ${receipts.length} persons erased, ${fences.rows[0]?.n} holders of the busiest job`,
    )
  },
  60_000 + KILLS * 10_000,
)
