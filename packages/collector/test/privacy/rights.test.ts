// What people may ask of their data: to be left out, to see all of it, to be forgotten; and nobody may ask for another.
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { keyOfAnonymous, keyOfUser } from '../../src/identity/viewer-key'
import { mintId } from '../../src/ingest/event-id'
import type { Receipt } from '../../src/privacy/erase'
import { ADMIN_TOKEN, about, tokenOf, useCollectors, type TestCollector } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, countRows, impression, mixedEvents, outcomes } from '../support/events'
import { Died, runJobNow } from '../support/run-job'

const ANONYMOUS = 'visitor-7Xq2-ada'
const SETTLED_MS = 60_000

const as = async (user: string) => ({ token: await tokenOf(user) })

const ended = async (erasing: Promise<void>) =>
  erasing.then(
    () => true,
    (error: unknown) => (error instanceof Died ? false : Promise.reject(error)),
  )

const lines = (body: string) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

async function fill({ send }: TestCollector) {
  const mine = mixedEvents(60).map((event) => ({
    ...event,
    sessionId: mintId(Date.now()),
    metadata: { note: 'ursula-canary' },
  }))
  await send(mine, await as('ursula'))
  await send(
    [about('1', { type: 'view', durationMs: 5_000 }), about('1', { type: 'view', durationMs: 700 })],
    await as('ursula'),
  )
  await send(mixedEvents(60), await as('bob'))
  return mine
}

const erase = async (collector: TestCollector, user = 'ursula') =>
  (await collector.call('DELETE', '/v1/me', undefined, await as(user))).json<Receipt>()

const ask = async ({ call }: TestCollector, { receipt }: Receipt) =>
  (await call('GET', `/v1/erasures/${receipt}`)).json<Receipt>()

onBothDatabases('rights', (database) => {
  const build = useCollectors(database)
  const holder = { headers: { 'sightline-anonymous-id': ANONYMOUS } }
  /** Everything in every table, as text. */
  const everything = async () => {
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(database().kysely)
    let text = ''
    for (const { name } of tables) {
      const { rows } = await sql<{ line: string }>`select t::text as line from ${sql.table(name)} t`.execute(
        database().kysely,
      )
      text += rows.map(({ line }) => `${name}: ${line}\n`).join('')
    }
    return text
  }
  const sums = async () => {
    const { rows } = await sql`select content_key, hour, type, authenticated, count, duration_ms, duration_n
      from content_hours order by 1, 2, 3, 4`.execute(database().kysely)
    return rows
  }

  describe('opting out', () => {
    test.each([
      ['a user', async () => as('ada'), async () => as('ada')],
      ['the holder of an anonymous id', async () => holder, async () => ({ body: { anonymousId: ANONYMOUS } })],
    ])('works at once for %s, and can be taken back', async (_who, asking, sending) => {
      const { call, send } = await build()
      const optOut = async (method: 'GET' | 'PUT' | 'DELETE') =>
        (await call(method, '/v1/me/opt-out', undefined, await asking())).json()
      expect((await send([impression()], await sending())).tracked).toBe(1)
      expect(await optOut('GET')).toEqual({ optedOut: false, since: null })
      const set = await optOut('PUT')
      expect(set).toEqual({ optedOut: true, since: expect.stringMatching(/^20.*Z$/) })
      expect(await send([impression()], await sending())).toMatchObject({ tracked: 0, dropped: { opted_out: 1 } })
      expect(await optOut('PUT')).toEqual(set)
      expect(await optOut('DELETE')).toEqual({ optedOut: false, since: null })
      expect((await send([impression()], await sending())).tracked).toBe(1)
      expect(await outcomes(database())).toMatchObject({ tracked: 2, 'dropped opted_out': 1 })
    })

    test('leaves all others alone', async () => {
      const { call, send } = await build()
      await call('PUT', '/v1/me/opt-out', undefined, await as('ada'))
      expect((await send([impression()], await as('bob'))).tracked).toBe(1)
      expect((await send([impression()])).tracked).toBe(1)
    })

    test('a page of another site may ask for it, and no cookie or address says who', async () => {
      const { call } = await build()
      const preflight = {
        origin: 'https://site.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'sightline-anonymous-id',
      }
      const { headers, statusCode } = await call('OPTIONS', '/v1/me/opt-out', undefined, { headers: preflight })
      expect([statusCode, headers['access-control-allow-methods'], headers['access-control-allow-headers']]).toEqual([
        204,
        'GET, PUT, DELETE',
        expect.stringContaining('sightline-anonymous-id'),
      ])
      const unnamed = await call('PUT', `/v1/me/opt-out?anonymousId=${ANONYMOUS}`)
      expect([unnamed.statusCode, unnamed.json().error.message]).toEqual([
        401,
        expect.stringContaining('Sightline-Anonymous-Id'),
      ])
    })

    test('strangers cannot fill the table with invented ids', async () => {
      const { call } = await build({}, () => 1_800_000_000_000)
      const statuses = []
      for (let id = 0; id < 60; id++) {
        const headers = { 'sightline-anonymous-id': `invented-${id}` }
        statuses.push((await call('PUT', '/v1/me/opt-out', undefined, { headers })).statusCode)
      }
      expect(statuses.filter((status) => status === 200)).toHaveLength(50)
      expect(statuses.at(-1)).toBe(429)
    })
  })

  describe('the export of a person', () => {
    test('holds everything of theirs and nothing of anybody else', async () => {
      const { call, send, register } = await build()
      await register('mine', { ownerId: 'ada', title: 'My post' })
      const mine = mixedEvents(30).map((event) => ({ ...event, metadata: { canary: 'ada-canary' } }))
      await send(mine, await as('ada'))
      await send([about('7', { type: 'view', durationMs: 900 })], await as('ada'))
      await send([impression({ metadata: { canary: 'ada-anonymous' } })], { body: { anonymousId: ANONYMOUS } })
      await send(
        mixedEvents(30).map((event) => ({ ...event, metadata: { canary: 'bob-canary' } })),
        await as('bob'),
      )
      const asking = { token: await tokenOf('ada'), ...holder }
      const answer = await call('GET', '/v1/me/export', undefined, asking)
      const told = lines(answer.body)
      expect(answer.headers['content-type']).toContain('application/x-ndjson')
      expect(told[0]).toMatchObject({ kind: 'person', userId: 'ada' })
      expect(told.at(-1)).toEqual({ kind: 'end', events: 32 })
      const events = told.filter(({ kind }) => kind === 'event')
      expect(events.map(({ id }) => id)).toEqual(expect.arrayContaining(mine.map(({ id }) => id)))
      expect(events).toHaveLength(32)
      expect(new Set(told.map(({ kind }) => kind))).toEqual(
        new Set(['person', 'event', 'recent_view', 'view_gate', 'owned_content', 'end']),
      )
      expect(answer.body).toContain('ada-anonymous')
      for (const foreign of ['bob', 'viewerKey', keyOfUser('ada')]) expect(answer.body).not.toContain(foreign)
      const withoutId = await call('GET', '/v1/me/export', undefined, await as('ada'))
      expect(lines(withoutId.body).at(-1)).toEqual({ kind: 'end', events: 31 })
    })

    test('tells of opt-outs, daily sums and what the database refused', async () => {
      const { call, send } = await build()
      await send([impression()], await as('ada'))
      await call('PUT', '/v1/me/opt-out', undefined, await as('ada'))
      await runJobNow(database(), 'close-days', { now: Date.now() + 2 * 86_400_000 })
      await database()
        .kysely.insertInto('dead_letters')
        .values({
          event_id: mintId(1),
          received_at: new Date(),
          viewer_key: keyOfUser('ada'),
          user_id: 'ada',
          code: '',
          message: '',
          event: '{"type":"like"}',
          stored_as: '{}',
        })
        .execute()
      const told = lines((await call('GET', '/v1/me/export', undefined, await as('ada'))).body)
      expect(told.map(({ kind }) => kind)).toEqual(['person', 'event', 'day', 'opt_out', 'dead_letter', 'end'])
    })

    test('is complete for somebody with more events than are read at once', async () => {
      const { send, call } = await build()
      const ids: string[] = []
      for (let batch = 0; batch < 12; batch++) {
        const events = Array.from({ length: 100 }, () => impression({ content: { type: 'post', id: String(batch) } }))
        ids.push(...events.map(({ id }) => id ?? ''))
        await send(events, { ...(await as('ada')), address: `203.0.113.${batch}` })
      }
      const told = lines((await call('GET', '/v1/me/export', undefined, await as('ada'))).body)
      const exported = told.filter(({ kind }) => kind === 'event').map(({ id }) => id)
      expect(exported.toSorted()).toEqual(ids.toSorted())
    })

    test('can be asked for by an admin for a given user', async () => {
      const { call, send } = await build()
      await send([impression()], await as('ada lovelace'))
      const { body } = await call('GET', '/v1/users/ada%20lovelace/export', undefined, { token: ADMIN_TOKEN })
      expect(lines(body).map(({ kind }) => kind)).toEqual(['person', 'event', 'end'])
    })
  })

  describe('erasing a person', () => {
    test('leaves sums and nobody in them, anywhere', async () => {
      const collector = await build()
      const mine = await fill(collector)
      const [before, bobs] = [await sums(), await countRows(database(), 'events')]
      const answer = await collector.call('DELETE', '/v1/me', undefined, await as('ursula'))
      const receipt = answer.json<Receipt>()
      expect([answer.statusCode, answer.headers['location'], receipt.state]).toEqual([
        202,
        `/v1/erasures/${receipt.receipt}`,
        'open',
      ])
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      const done = await ask(collector, receipt)
      expect(done).toMatchObject({ state: 'done', erased: { events: 62, deadLetters: 0 } })
      expect(done.erased.recentViews).toBeGreaterThan(0)
      expect(done.erased.viewGates).toBeGreaterThan(0)

      const text = (await everything()).replace(`erased_viewers: (${keyOfUser('ursula')},`, '')
      for (const trace of ['ursula', keyOfUser('ursula'), ...mine.flatMap(({ id, sessionId }) => [id, sessionId])]) {
        expect(text).not.toContain(trace)
      }
      expect(await sums()).toEqual(before)
      expect(await countRows(database(), 'events')).toBe(bobs)
      expect(await countersOffBy(database())).toEqual([])
      expect(text).toContain('bob')
    })

    test('a day that is closed afterwards has the same sums, and one viewer less', async () => {
      const collector = await build()
      await fill(collector)
      await erase(collector)
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      await runJobNow(database(), 'close-days', { now: Date.now() + 2 * 86_400_000 })
      const { rows } = await sql<{ differences: number; viewers: number }>`
        select (select sum(difference)::int from closed_days) as differences,
          (select count(distinct viewer_key)::int from viewer_days) as viewers`.execute(database().kysely)
      expect(rows).toEqual([{ differences: 0, viewers: 1 }])
    })

    test('a person of a closed day leaves it too', async () => {
      const collector = await build()
      await fill(collector)
      await runJobNow(database(), 'close-days', { now: Date.now() + 2 * 86_400_000 })
      const receipt = await erase(collector)
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      expect((await ask(collector, receipt)).erased.dailySums).toBeGreaterThan(0)
      expect(await everything()).not.toContain('ursula')
    })

    test('what happened before and arrives late is refused; what happens later is new', async () => {
      let now = Date.now()
      const collector = await build({}, () => now)
      const mine = await fill(collector)
      const sentBefore = impression({ occurredAt: now - 5_000 })
      await erase(collector)
      const late = [mine[1] ?? impression(), sentBefore, impression({ id: mintId(now - 1_000), occurredAt: undefined })]
      expect(await collector.send(late, await as('ursula'))).toMatchObject({ tracked: 0, dropped: { erased: 3 } })
      await runJobNow(database(), 'erasures', { now: now + SETTLED_MS })
      expect(await collector.send(late, await as('ursula'))).toMatchObject({ tracked: 0, dropped: { erased: 3 } })
      now += 2 * 60_000
      expect(
        (await collector.send([impression({ id: mintId(now), occurredAt: now })], await as('ursula'))).tracked,
      ).toBe(1)
      expect((await collector.send([impression({ occurredAt: now - 200_000 })], await as('bob'))).tracked).toBe(1)
      expect(await outcomes(database())).toMatchObject({ 'dropped erased': 6 })
    })

    test('is not done while something of before may still be on its way', async () => {
      const collector = await build()
      await fill(collector)
      const receipt = await erase(collector)
      await runJobNow(database(), 'erasures')
      expect(await ask(collector, receipt)).toMatchObject({ state: 'open', erased: { events: 62 } })
      // As if another collector had taken it before it knew.
      await sql`update events set viewer_key = ${keyOfUser('ursula')}::bigint, user_id = 'ursula'
        where event_id = (select min(event_id::text)::uuid from events)`.execute(database().kysely)
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      expect(await ask(collector, receipt)).toMatchObject({ state: 'done', erased: { events: 63 } })
    })

    test('killed before any of its transactions, it ends like one that was not', async () => {
      const collector = await build()
      const { send } = collector
      for (let batch = 0; batch < 12; batch++) {
        const events = Array.from({ length: 100 }, () => impression({ content: { type: 'post', id: String(batch) } }))
        await send(events, { ...(await as('ursula')), address: `203.0.113.${batch}` })
      }
      const before = await sums()
      const receipt = await erase(collector)
      const now = Date.now() + SETTLED_MS
      let deaths = 0
      while (!(await ended(runJobNow(database(), 'erasures', { now, dieBefore: 2 + (deaths % 2) })))) deaths++
      expect(deaths).toBeGreaterThan(1)
      await runJobNow(database(), 'erasures', { now })
      expect(await ask(collector, receipt)).toMatchObject({ state: 'done', erased: { events: 1_200 } })
      expect(await sums()).toEqual(before)
      expect(await everything()).not.toContain('ursula')
    })

    test('asked for twice, by nobody known, or at once: the answers are alike', async () => {
      const collector = await build()
      await fill(collector)
      const receipts = await Promise.all([erase(collector), erase(collector), erase(collector, 'nobody-known')])
      for (const one of receipts) {
        expect({ ...one, receipt: '', requestedAt: '' }).toEqual({
          receipt: '',
          state: 'open',
          requestedAt: '',
          finishedAt: null,
          erased: { events: 0, recentViews: 0, dailySums: 0, viewGates: 0, deadLetters: 0 },
        })
      }
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      for (const one of receipts) expect((await ask(collector, one)).state).toBe('done')
      const left = await database().kysely.selectFrom('erasures').select(['viewer_keys', 'user_id']).execute()
      for (const row of left) expect(row).toEqual({ viewer_keys: expect.anything(), user_id: null })
    })

    test('works for the holder of an anonymous id, and takes no user along', async () => {
      const { send, call } = await build()
      await send([impression()], { body: { anonymousId: ANONYMOUS } })
      await send([impression()], { body: { anonymousId: ANONYMOUS }, token: await tokenOf('ursula') })
      await call('DELETE', '/v1/me', undefined, holder)
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      const keys = await database().kysely.selectFrom('events').select('viewer_key').orderBy('viewer_key').execute()
      expect(keys.map(({ viewer_key }) => viewer_key)).toEqual(['0', keyOfUser('ursula')])
      expect(keys).not.toContainEqual({ viewer_key: keyOfAnonymous(ANONYMOUS) })
    })

    test('can be asked for by an admin; a receipt that was never given tells nothing', async () => {
      const collector = await build()
      await fill(collector)
      const answer = await collector.call('DELETE', '/v1/users/ursula', undefined, { token: ADMIN_TOKEN })
      await runJobNow(database(), 'erasures', { now: Date.now() + SETTLED_MS })
      expect((await ask(collector, answer.json())).erased.events).toBe(62)
      for (const unknown of [mintId(1), 'x', "1' or '1"]) {
        const path = `/v1/erasures/${encodeURIComponent(unknown)}`
        expect((await collector.call('GET', path)).statusCode).toBe(404)
      }
    })
  })
})
