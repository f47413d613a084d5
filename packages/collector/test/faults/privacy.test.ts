// Faults of the catalogue's group "privacy": what could name a visitor is not stored, whoever sends it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { destroyOldSalts } from '../../src/identity/viewer-key'
import { eventFlags } from '../../src/ingest/flags'
import { about, tokenOf, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'
import { countersOffBy, impression } from '../support/events'
import { countryDatabase } from '../support/mmdb'

const DAY_MS = 86_400_000
const CANARY = 'canary-7Xq2'

onBothDatabases('privacy', (database) => {
  const build = useCollectors(database)
  const stored = () => database().kysely.selectFrom('event_log').selectAll().orderBy('occurred_at').execute()
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
      text += rows.map(({ line }) => line).join('\n')
    }
    return text
  }

  test('PV-01 addresses, queries, fragments and user info leave no trace in any table', async () => {
    const { send, call } = await build({ trustProxy: ['127.0.0.1'] })
    const page = `https://${CANARY}:${CANARY}@site.example/account/?token=${CANARY}&utm_medium=mail#${CANARY}`
    const headers = {
      'x-forwarded-for': '203.0.113.77, 127.0.0.1',
      'user-agent': `Mozilla/5.0 ${CANARY}`,
      referer: page,
      cookie: CANARY,
    }
    await send(
      [
        impression({ type: 'page_view', content: { type: 'page', id: page }, referrer: page }),
        impression({ type: 'page_view', content: { type: 'page', id: `/a?x=${CANARY}` } }),
        impression({ type: 'page_view', content: { type: 'page', id: `named#${CANARY}` } }),
        impression({ type: 'page_view', content: { type: 'page', id: `//evil.example/?${CANARY}` } }),
      ],
      { headers },
    )
    await call('POST', `/v1/page-views?${CANARY}`, { path: page, referrer: page }, { headers })
    expect((await stored()).map(({ content_id }) => content_id).toSorted()).toEqual([
      '/a',
      '/account/',
      '/account/',
      '/evil.example/',
      'named',
    ])
    const text = await everything()
    for (const trace of [CANARY, '203.0.113']) expect(text).not.toContain(trace)
    expect(text).toContain('utm_medium')
  })

  test('PV-01 query parameters that tell pages apart are kept by name, in one order', async () => {
    const { send } = await build({ pageQueryParams: ['id', 'tab'] })
    const ids = ['/item?id=7&session=1', '/item?session=2&id=7', '/item?tab=b&id=7', '/item?id=8', '/größe?x=1']
    await send(ids.map((id) => impression({ type: 'page_view', content: { type: 'page', id } })))
    expect((await stored()).map(({ content_id }) => content_id).toSorted()).toEqual([
      '/größe',
      '/item?id=7',
      '/item?id=7',
      '/item?id=7&tab=b',
      '/item?id=8',
    ])
  })

  test('PV-01 ids of content that is no page stay as they are', async () => {
    const { send } = await build()
    await send([about('a?b#c')])
    expect((await stored()).map(({ content_id }) => content_id)).toEqual(['a?b#c'])
  })

  test('PV-02 a visitor has another key on the next day, and 49 hours later the salt is gone', async () => {
    const start = Date.now()
    let now = start
    const { send } = await build({}, () => now)
    await send([impression({ occurredAt: now })])
    now = start + DAY_MS
    await send([impression({ occurredAt: now })])
    const [first, second] = await stored()
    expect(first?.viewer_key).not.toBe(second?.viewer_key)
    await destroyOldSalts(database(), start + 2 * DAY_MS)
    const days = await database().kysely.selectFrom('salts').select('day').execute()
    expect(days.map(({ day }) => day)).not.toContain(new Date(start).toISOString().slice(0, 10))
  })

  describe('PV-04 browsers that ask not to be followed', () => {
    test('with Sec-GPC are counted without viewer, user and session', async () => {
      const { send, register } = await build()
      await register('1', { ownerId: 'ada', visibility: 'private' })
      const event = about('1', { type: 'like', sessionId: '019a9f3e-5c00-7a10-9b44-0c6f2e8d1a77', seq: 4 })
      const sending = { headers: { 'sec-gpc': '1' }, body: { anonymousId: CANARY }, token: await tokenOf('ada') }
      expect((await send([event], sending)).tracked).toBe(1)
      expect(await stored()).toMatchObject([
        { viewer_key: '0', user_id: null, session_id: null, seq: null, counted: true, flags: eventFlags.unnamed },
      ])
      const hours = await database().kysely.selectFrom('content_hours').select('authenticated').execute()
      expect(hours).toEqual([{ authenticated: false }])
    })

    test('are not taken for one viewer, so each of their views counts', async () => {
      const { send } = await build()
      const views = [about('1', { type: 'view' }), about('1', { type: 'view' })]
      for (const view of views) await send([view], { headers: { 'sec-gpc': '1' } })
      expect((await stored()).map(({ counted }) => counted)).toEqual([true, true])
      expect(await countersOffBy(database())).toEqual([])
    })

    test.each([
      ['Sec-GPC: 0', { 'sec-gpc': '0' }, {}, false],
      ['Sec-GPC: 1 on a site that does not ask for it', { 'sec-gpc': '1' }, { respectGpc: false }, false],
      ['DNT: 1', { dnt: '1' }, {}, false],
      ['DNT: 1 on a site that respects it', { dnt: '1' }, { respectDnt: true }, true],
    ])('%s', async (_name, headers, config, isUnnamed) => {
      const { send } = await build(config)
      await send([impression()], { headers })
      expect((await stored())[0]?.viewer_key === '0').toBe(isUnnamed)
    })
  })

  test('PV-08 of an address only the country is stored, and its coarse network decides', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sightline-geo-'))
    const geoFile = join(dir, 'country.mmdb')
    await writeFile(geoFile, countryDatabase({ '203.0.113.0/24': 'DE' }))
    const { send } = await build({ geoFile })
    await rm(dir, { recursive: true, force: true })
    await send([impression()], { address: '203.0.113.77' })
    expect(await stored()).toMatchObject([{ country: 'DE' }])
    expect(await everything()).not.toContain('203.0.113')
  })

  test('PV-08 a country file that is not there is told at the start', async () => {
    await expect(build({ geoFile: './no-such.mmdb' })).rejects.toThrow(
      'config: GEO_FILE must be a database in MaxMind format, got "./no-such.mmdb" (ENOENT).',
    )
  })

  test('PV-08 a country header counts only from a trusted proxy', async () => {
    const { send } = await build({ countryHeader: 'CF-IPCountry', trustProxy: ['10.0.0.0/8'] })
    const headers = { 'cf-ipcountry': 'JP', 'x-forwarded-for': '203.0.113.1' }
    await send([impression({ source: 'proxy' })], { headers, address: '10.0.0.1' })
    await send([impression({ source: 'stranger' })], { headers, address: '203.0.113.1' })
    const rows = await stored()
    expect(Object.fromEntries(rows.map(({ source, country }) => [source, country]))).toEqual({
      proxy: 'JP',
      stranger: null,
    })
  })
})
