// What the database refuses is kept, shown, and stored once when its cause is repaired.
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildCollector } from '../src/collector'
import { openDatabase, type Database } from '../src/database/open-database'
import { listDeadLetters, replayDeadLetters } from '../src/ingest/replay-dead-letters'
import { DEAD_LETTER_DAYS, deleteOldDeadLetters } from '../src/retention/delete-expired'
import { runCli } from './support/collector-process'
import { createPostgresDatabase, onBothDatabases } from './support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes, storedIds } from './support/events'

const DAY_MS = 86_400_000
const rules = { viewDedupeMs: 300_000 }

const poison = ({ kysely }: Database) =>
  kysely.schema
    .alterTable('events')
    .addCheckConstraint('no_poison', sql`view_type <> 'poison'`)
    .execute()
async function repair({ kysely }: Database): Promise<void> {
  await sql`alter table events drop constraint if exists no_poison`.execute(kysely)
}

onBothDatabases('dead letters', (database) => {
  let app: FastifyInstance
  beforeEach(async () => {
    await poison(database())
    app = await buildCollector({ db: database(), config: { logLevel: 'silent' } })
  })
  afterEach(async () => {
    await app.close()
    await repair(database())
  })

  async function bury(count = 1) {
    const bad = Array.from({ length: count }, (_, place) =>
      impression({
        type: place % 2 === 0 ? 'view' : 'wishlist_add',
        viewType: 'poison',
        durationMs: 700,
        content: { type: 'post', id: String(place) },
        occurredAt: Date.now() - 3_600_000,
        metadata: { quoted: '"\\{}', letter: place },
      }),
    )
    const payload = { events: [...mixedEvents(10), ...bad] }
    const answer = await app.inject({ method: 'POST', url: '/v1/events', payload })
    expect(answer.json()).toMatchObject({ tracked: 10, errors: bad.map(({ id }) => ({ id, code: 'unstorable' })) })
    return bad
  }

  test('are listed by id and reason, without what their senders wrote', async () => {
    const [bad] = await bury()
    const letters = await listDeadLetters(database())
    expect(letters).toMatchObject([{ id: bad?.id, code: '23514' }])
    expect(JSON.stringify(letters)).not.toContain('quoted')
  })

  test('stay while their cause is there', async () => {
    const bad = await bury(2)
    const replayed = await replayDeadLetters(database(), rules)
    expect([replayed.stored, replayed.refused.map(({ id }) => id).toSorted()]).toEqual([
      0,
      bad.map(({ id }) => id).toSorted(),
    ])
    expect(await countRows(database(), 'dead_letters')).toBe(2)
  })

  test('are stored once, under their own id and time, when the cause is repaired', async () => {
    const bad = await bury(3)
    await repair(database())
    expect(await replayDeadLetters(database(), rules)).toEqual({ stored: 3, duplicates: 0, refused: [] })
    expect(await replayDeadLetters(database(), rules)).toEqual({ stored: 0, duplicates: 0, refused: [] })
    expect(await storedIds(database())).toEqual(expect.arrayContaining(bad.map(({ id }) => id)))
    const row = await database()
      .kysely.selectFrom('event_log')
      .selectAll()
      .where('event_id', '=', bad[1]?.id ?? '')
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      type: 'wishlist_add',
      content_id: '1',
      channel: 'api',
      metadata: { quoted: '"\\{}', letter: 1 },
      occurred_at: new Date(bad[1]?.occurredAt ?? 0),
    })
    expect(await countRows(database(), 'dead_letters')).toBe(0)
    expect(await countersOffBy(database())).toEqual([])
    expect(await outcomes(database())).toMatchObject({ tracked: 13, 'refused unstorable': 3 })
  })

  test('that were stored in the meantime are duplicates', async () => {
    const [bad] = await bury()
    await repair(database())
    await app.inject({ method: 'POST', url: '/v1/events', payload: { events: [bad] } })
    expect(await replayDeadLetters(database(), rules)).toEqual({ stored: 0, duplicates: 1, refused: [] })
    expect(await countRows(database(), 'events')).toBe(11)
    expect(await countersOffBy(database())).toEqual([])
  })

  test('can be replayed one by one', async () => {
    const bad = await bury(2)
    await repair(database())
    expect(await replayDeadLetters(database(), { ...rules, onlyId: bad[1]?.id })).toMatchObject({ stored: 1 })
    expect((await listDeadLetters(database())).map(({ id }) => id)).toEqual([bad[0]?.id])
  })

  test('are deleted when they are too old', async () => {
    await bury()
    const now = Date.now()
    await deleteOldDeadLetters(database(), now + (DEAD_LETTER_DAYS - 1) * DAY_MS)
    expect(await countRows(database(), 'dead_letters')).toBe(1)
    await deleteOldDeadLetters(database(), now + (DEAD_LETTER_DAYS + 1) * DAY_MS)
    expect(await countRows(database(), 'dead_letters')).toBe(0)
  })
})

test('the command lists them, and replays them after a repair', async () => {
  const { url, drop } = await createPostgresDatabase()
  const db = await openDatabase({ databaseUrl: url })
  try {
    const app = await buildCollector({ db, config: { logLevel: 'silent' } })
    await poison(db)
    const bad = impression({ viewType: 'poison' })
    await app.inject({ method: 'POST', url: '/v1/events', payload: bad })
    await app.close()
    const run = async (...argv: string[]) => {
      const cli = runCli(['dead-letters', ...argv], { DATABASE_URL: url })
      return { code: await cli.ended, output: cli.output() }
    }
    expect(await run('list')).toEqual({ code: 0, output: expect.stringContaining(`${bad.id}  20`) })
    expect((await run('replay')).code).toBe(1)
    await repair(db)
    expect(await run('replay', bad.id ?? '')).toEqual({
      code: 0,
      output: expect.stringContaining('Stored 1 dead letter;'),
    })
    expect(await run('list')).toEqual({ code: 0, output: 'There are no dead letters.\n' })
    expect((await run('replay', bad.id ?? '')).code).toBe(1)
    expect(await run('burn')).toEqual({ code: 2, output: expect.stringContaining('got "burn"') })
  } finally {
    await db.close()
    await drop()
  }
})
