// When groups close, what each request is told, and who is sent away. The database is a list here, and time is fake.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { assertNoTimerLeft } from './support/timers'
import type { Refusal } from '../src/errors'
import { createCommitter, type CommitLimits } from '../src/ingest/committer'
import type { EventRow } from '../src/ingest/enrich'
import type { Tally } from '../src/ingest/outcomes'
import type { GroupToWrite } from '../src/ingest/write-events'

const limits: CommitLimits = {
  groupMaxRows: 4,
  groupMaxBytes: 1_000,
  groupMaxWaitMs: 5,
  groupsInFlight: 1,
  maxWaitingRows: 10,
  maxWaitingBytes: 10_000,
  maxWaitMs: 1_000,
}

const sqlError = (code: string, constraint?: string) =>
  Object.assign(new Error(`refused: ${code}`), { code, constraint })

/** A database that stores ids in memory and fails as told. */
function createFakeDatabase() {
  const stored = new Set<string>()
  const groups: string[][] = []
  const tallies: Tally[] = []
  const buried: string[] = []
  const failures: Error[] = []
  const poison = new Set<string>()
  let partitionsMade = 0
  let latencyMs = 0
  return {
    stored,
    groups,
    tallies,
    buried,
    poison,
    fail: (...errors: Error[]) => failures.push(...errors),
    takes: (ms: number) => (latencyMs = ms),
    partitionsMade: () => partitionsMade,
    async writeGroup({ rows, tallies: extra }: GroupToWrite) {
      if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
      const failure = failures.shift()
      if (failure) throw failure
      if (rows.some(({ id }) => poison.has(id))) throw sqlError('22P05')
      groups.push(rows.map(({ id }) => id))
      tallies.push(...extra.filter(({ count }) => count > 0))
      const fresh = rows.filter(({ id }) => !stored.has(id)).map(({ id }) => id)
      const repeats = new Set(rows.map(({ id }) => id).filter((id) => stored.has(id)))
      for (const id of fresh) stored.add(id)
      return repeats
    },
    buryRow: async ({ id }: EventRow) => void buried.push(id),
    ensurePartitions: async () => void partitionsMade++,
  }
}

const row = (id: string, contentKey = '1') => ({ id, contentKey, event: {} }) as EventRow
const rows = (...ids: string[]) => ids.map((id) => row(id))

let database: ReturnType<typeof createFakeDatabase>
const bugs: unknown[] = []
const build = (changes: Partial<CommitLimits> = {}) =>
  createCommitter({ ...database, onBug: (error) => bugs.push(error), now: () => 42 }, { ...limits, ...changes })
const outcome = (work: Promise<unknown>) => work.catch((error: Refusal) => error.code)

beforeEach(() => {
  vi.useFakeTimers()
  database = createFakeDatabase()
  bugs.length = 0
})
afterEach(() => {
  assertNoTimerLeft()
  vi.useRealTimers()
})

test('writes what arrives within the linger in one group, in the order of content and id', async () => {
  const committer = build()
  const answers = Promise.all([committer.commit([row('c', '2'), row('b', '1')], 10), committer.commit(rows('a'), 10)])
  await vi.advanceTimersByTimeAsync(4)
  expect(database.groups).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(await answers).toMatchObject([{ tracked: 2 }, { tracked: 1 }])
  expect(database.groups).toEqual([['a', 'b', 'c']])
  expect(committer.lastCommitAt()).toBe(42)
})

test('closes a group at once when it is full by rows or by bytes', async () => {
  const committer = build()
  await committer.commit(rows('a', 'b', 'c', 'd'), 10)
  await committer.commit(rows('e'), 1_000)
  expect(database.groups).toEqual([['a', 'b', 'c', 'd'], ['e']])
})

test('writes no more groups at the same time than allowed', async () => {
  const committer = build()
  database.takes(100)
  const first = committer.commit(rows('a', 'b', 'c', 'd'), 10)
  const second = committer.commit(rows('e', 'f', 'g', 'h'), 10)
  await vi.advanceTimersByTimeAsync(100)
  expect(database.groups).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(100)
  expect(await Promise.all([first, second])).toMatchObject([{ tracked: 4 }, { tracked: 4 }])
})

test('puts a group beside another one only when it is full, or has lingered five times as long', async () => {
  const committer = build({ groupsInFlight: 2, maxWaitingRows: 100 })
  database.takes(100)
  const first = committer.commit(rows('a', 'b', 'c', 'd'), 10)
  const small = committer.commit(rows('e'), 10)
  await vi.advanceTimersByTimeAsync(24)
  expect(committer.waiting().rows).toBe(5)
  const full = committer.commit(rows('f', 'g', 'h'), 10)
  await vi.advanceTimersByTimeAsync(76)
  expect(database.groups).toEqual([['a', 'b', 'c', 'd']])
  await vi.advanceTimersByTimeAsync(24)
  expect(database.groups[1]).toEqual(['e', 'f', 'g', 'h'])
  await Promise.all([first, small, full])

  const third = committer.commit(rows('i', 'j', 'k', 'l'), 10)
  const late = committer.commit(rows('m'), 10)
  await vi.advanceTimersByTimeAsync(124)
  expect(database.groups[3]).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(database.groups[3]).toEqual(['m'])
  await Promise.all([third, late])
})

test('lets what came meanwhile linger as usual once nothing is under way any more', async () => {
  const committer = build({ groupsInFlight: 2 })
  database.takes(20)
  const first = committer.commit(rows('a', 'b', 'c', 'd'), 10)
  const second = committer.commit(rows('e'), 10)
  await vi.advanceTimersByTimeAsync(20)
  await first
  await vi.advanceTimersByTimeAsync(5 + 20)
  expect(await second).toMatchObject({ tracked: 1 })
})

test('told to hurry, it lets nothing linger and sends away who is not answered in time', async () => {
  const committer = build({ groupMaxWaitMs: 500 })
  const quick = committer.commit(rows('a'), 10)
  committer.hurry(400)
  expect(await quick).toMatchObject({ tracked: 1 })
  await vi.advanceTimersByTimeAsync(0)
  database.takes(10_000)
  const [flying, queued] = [outcome(committer.commit(rows('b'), 10)), outcome(committer.commit(rows('c'), 10))]
  await vi.advanceTimersByTimeAsync(399)
  expect(committer.waiting().rows).toBe(2)
  await vi.advanceTimersByTimeAsync(1)
  expect(await Promise.all([flying, queued])).toEqual(['unavailable', 'unavailable'])
  expect(committer.waiting().rows).toBe(1)
  await vi.advanceTimersByTimeAsync(10_000)
})

test('outcomes that can wait go with the next group, or alone after a second', async () => {
  const committer = build()
  const refused: Tally = { outcome: 'refused', reason: 'rate_limited', count: 1 }
  committer.noteLater(refused)
  committer.noteLater({ ...refused, count: 4 })
  await vi.advanceTimersByTimeAsync(100)
  expect(database.groups).toEqual([])
  const answer = committer.commit(rows('a'), 10)
  await vi.advanceTimersByTimeAsync(5)
  await answer
  expect(database.tallies).toEqual([{ ...refused, count: 5 }])

  committer.noteLater(refused)
  await vi.advanceTimersByTimeAsync(1_005)
  expect(database.groups).toEqual([['a'], []])
  committer.noteLater(refused)
  await committer.drain()
  expect(database.tallies).toHaveLength(3)
})

test('counts an id that comes again as another event, in one group', async () => {
  const committer = build()
  const event = { type: 'view', sessionId: 's', seq: 1 }
  const same = { ...row('a'), event } as EventRow
  const answer = committer.commit([same, { ...same }, { ...same, contentKey: '2' }], 10)
  await vi.advanceTimersByTimeAsync(5)
  expect(await answer).toMatchObject({ tracked: 1, duplicates: 2 })
  expect(database.tallies).toEqual([
    { outcome: 'duplicate', reason: '', count: 1 },
    { outcome: 'duplicate', reason: 'id_conflict', count: 1 },
  ])
})

test('tells each request its own duplicates, inside the group and from before', async () => {
  const committer = build()
  database.stored.add('old')
  const answers = Promise.all([committer.commit(rows('a', 'old', 'a'), 10), committer.commit(rows('a'), 10)])
  await vi.advanceTimersByTimeAsync(5)
  expect(await answers).toMatchObject([
    { tracked: 1, duplicates: 2 },
    { tracked: 0, duplicates: 1 },
  ])
  expect(database.tallies).toEqual([{ outcome: 'duplicate', reason: '', count: 2 }])
})

test('sends new requests away when four fifths of what may wait is waiting', async () => {
  const committer = build({ groupMaxRows: 100 })
  const inside = committer.commit(rows('1', '2', '3', '4', '5', '6', '7', '8'), 10)
  expect(await outcome(committer.commit(rows('9'), 10))).toBe('overloaded')
  await vi.advanceTimersByTimeAsync(5)
  expect(await inside).toMatchObject({ tracked: 8 })
  const later = committer.commit(rows('9'), 10)
  await vi.advanceTimersByTimeAsync(5)
  expect(await later).toMatchObject({ tracked: 1 })
})

test('sends new requests away when too many bytes wait', async () => {
  expect(await outcome(build().commit(rows('a'), 8_001))).toBe('overloaded')
})

test.each(['08006', '40P01', '53300', '57P01', '55P03', 'ECONNRESET'])('tries again after %s', async (code) => {
  const committer = build()
  database.fail(sqlError(code), sqlError(code))
  const answer = committer.commit(rows('a', 'b'), 10)
  await vi.advanceTimersByTimeAsync(500)
  expect(await answer).toMatchObject({ tracked: 2 })
  expect(bugs).toEqual([])
})

test('gives up at the deadline and frees what waited behind', async () => {
  const committer = build()
  database.fail(...Array.from({ length: 100 }, () => sqlError('57P03')))
  const stuck = outcome(committer.commit(rows('a', 'b', 'c', 'd'), 10))
  const behind = outcome(committer.commit(rows('e', 'f', 'g', 'h'), 10))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await Promise.all([stuck, behind])).toEqual(['unavailable', 'unavailable'])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(database.stored.size).toBe(0)
  const retry = outcome(committer.commit(rows('1', '2', '3', '4', '5', '6', '7', '8'), 10))
  expect(await Promise.race([retry, Promise.resolve('waiting')])).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1_000)
  await retry
  await vi.advanceTimersByTimeAsync(2_000)
})

test('finds the rows that cannot be stored and stores all others', async () => {
  const committer = build({ groupMaxRows: 8 })
  database.poison.add('c').add('g')
  const answer = await committer.commit(rows('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), 10)
  expect(answer).toEqual({ tracked: 6, duplicates: 0, unstorable: new Set(['c', 'g']) })
  expect([...database.stored].toSorted()).toEqual(['a', 'b', 'd', 'e', 'f', 'h'])
  expect(database.buried).toEqual(['c', 'g'])
})

test('a row that cannot even be put aside harms no other', async () => {
  const committer = build()
  database.poison.add('c')
  const refuseToBury = vi.spyOn(database, 'buryRow').mockRejectedValue(sqlError('54000'))
  const answers = createCommitter({ ...database, onBug: (error) => bugs.push(error), now: () => 42 }, limits).commit(
    rows('a', 'b', 'c', 'd'),
    10,
  )
  expect(await answers).toEqual({ tracked: 3, duplicates: 0, unstorable: new Set(['c']) })
  expect([refuseToBury.mock.calls.length, bugs.length]).toEqual([1, 1])
  await committer.drain()
})

test('tells what waits, in the queue and in the air, and for how long', async () => {
  const committer = build()
  expect(committer.waiting()).toEqual({ rows: 0, bytes: 0, oldestMs: 0 })
  database.takes(100)
  const answers = [committer.commit(rows('a', 'b', 'c', 'd'), 40), committer.commit(rows('e'), 10)]
  await vi.advanceTimersByTimeAsync(60)
  expect(committer.waiting()).toEqual({ rows: 5, bytes: 50, oldestMs: 60 })
  await vi.advanceTimersByTimeAsync(60)
  expect(committer.waiting()).toEqual({ rows: 1, bytes: 10, oldestMs: 120 })
  await vi.advanceTimersByTimeAsync(200)
  await Promise.all(answers)
  expect(committer.waiting()).toEqual({ rows: 0, bytes: 0, oldestMs: 0 })
})

test('gives the writer the same group again after a COMMIT of unknown outcome', async () => {
  const seen = new Set<unknown>()
  const committer = createCommitter(
    {
      ...database,
      writeGroup(group) {
        seen.add(group)
        return database.writeGroup(group)
      },
      onBug: (error) => bugs.push(error),
      now: () => 42,
    },
    limits,
  )
  database.fail(sqlError('08006'), sqlError('08006'))
  const answer = committer.commit(rows('a', 'b', 'c', 'd'), 10)
  await vi.advanceTimersByTimeAsync(500)
  expect(await answer).toMatchObject({ tracked: 4 })
  expect(seen.size).toBe(1)
})

test('harms no other request of the group when one row cannot be stored', async () => {
  const committer = build()
  database.poison.add('bad')
  const answers = Promise.all([committer.commit(rows('bad'), 10), committer.commit(rows('a', 'b'), 10)])
  await vi.advanceTimersByTimeAsync(5)
  expect(await answers).toMatchObject([
    { tracked: 0, duplicates: 0 },
    { tracked: 2, duplicates: 0 },
  ])
})

test('makes partitions when a day has none, and takes the row for good', async () => {
  const committer = build()
  database.fail(sqlError('23514'))
  expect(await committer.commit(rows('a', 'b', 'c', 'd'), 10)).toMatchObject({ tracked: 4 })
  expect([database.partitionsMade(), database.buried]).toEqual([1, []])
})

test('a real check constraint is the data, not a partition', async () => {
  const committer = build()
  database.fail(sqlError('23514', 'no_poison'))
  const answer = committer.commit(rows('a'), 10)
  await vi.advanceTimersByTimeAsync(5)
  expect((await answer).unstorable).toEqual(new Set(['a']))
  expect(database.partitionsMade()).toBe(0)
})

test('an error that nobody expected is told, answered as ours and not tried again', async () => {
  const committer = build()
  database.fail(sqlError('42P01'))
  const answer = outcome(committer.commit(rows('a'), 10))
  await vi.advanceTimersByTimeAsync(5)
  expect(await answer).toBe('internal')
  expect(bugs).toHaveLength(1)
})

test('writes outcomes without rows, once, also when the first attempt fails', async () => {
  const committer = build()
  database.fail(sqlError('08006'))
  committer.note([{ outcome: 'refused', reason: 'invalid_type', count: 2 }])
  committer.note([{ outcome: 'refused', reason: 'invalid_type', count: 1 }])
  await vi.advanceTimersByTimeAsync(200)
  expect(database.tallies).toEqual([{ outcome: 'refused', reason: 'invalid_type', count: 3 }])
})

test('writes everything that waits when it is drained', async () => {
  const committer = build()
  database.takes(50)
  const answers = [committer.commit(rows('a'), 10), committer.commit(rows('b', 'c', 'd', 'e'), 10)]
  committer.note([{ outcome: 'refused', reason: 'too_deep', count: 1 }])
  let isDrained = false
  const drained = committer.drain().then(() => (isDrained = true))
  await vi.advanceTimersByTimeAsync(49)
  expect(isDrained).toBe(false)
  await vi.advanceTimersByTimeAsync(200)
  expect(await Promise.all([...answers, drained])).toMatchObject([{ tracked: 1 }, { tracked: 4 }, true])
  expect(database.tallies).toEqual([{ outcome: 'refused', reason: 'too_deep', count: 1 }])
})
