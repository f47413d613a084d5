// Rankings look at the first of each day only, and still say what a look at everything would.
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../src/demo/seeded-random'
import { createSiteClock } from '../../src/site-clock'
import { planDays } from '../../src/stats/day-plan'
import { readQuery } from '../../src/stats/stats-query'
import { readTopContent } from '../../src/stats/top-content'
import { onBothDatabases } from '../support/databases'

const site = createSiteClock('UTC')
const now = Date.parse('2025-06-10T12:00:00Z')
const days = ['2025-06-07', '2025-06-08', '2025-06-09']
const CONTENTS = 900

onBothDatabases('rankings of closed days', (database) => {
  /** Closed days in which every content has `countOf` events of a type. */
  async function close(countOf: (content: number, day: number) => number) {
    const { kysely } = database()
    await sql`insert into content (content_key, type, id)
      select i, case when i % 10 = 0 then 'page' else 'post' end, i::text from generate_series(1, ${CONTENTS}::int) i`.execute(
      kysely,
    )
    for (const [at, day] of days.entries()) {
      await sql`insert into closed_days (day, closed_at, checked_at, events, difference, compare_keys)
        values (${day}, ${day}, ${day}, 0, 0, '{}')`.execute(kysely)
      const counts = Array.from({ length: CONTENTS }, (_, i) => countOf(i + 1, at))
      await sql`insert into content_days (content_key, day, count, duration_ms, duration_n, viewers, skipped, partial,
          completed, authenticated, type)
        select i, ${day}::date, n, 0, 0, n, 0, 0, 0, i % 3 = 0, type from unnest(${counts}::int[]) with ordinality as each (n, i),
          (values ('click'), ('*')) as both_types (type)`.execute(kysely)
    }
    // The open day has its say too.
    await sql`insert into content_hours (content_key, hour, type, authenticated, count, duration_ms, duration_n)
      select i, '2025-06-10T10:00:00Z', 'click', false, 1 + i % 7, 0, 0 from generate_series(1, ${CONTENTS}::int) i where i % 5 = 0`.execute(
      kysely,
    )
  }

  async function ranking(limit: number) {
    const query = readQuery('top', { from: days[0], by: 'clicks' }, site, now)
    const settings = { site, rawRetentionDays: 7, rollupRetentionDays: 90, now }
    const items = await readTopContent(
      database().stats,
      await planDays(database().stats, query, settings),
      'clicks',
      limit,
    )
    return items.map(({ content, value }) => [content.id, value])
  }

  async function recount(limit: number) {
    const { rows } = await sql<{ id: string; value: number }>`
      select c.id, sum(n)::float8 as value from (
        select content_key, count as n from content_days where type = 'click'
        union all select content_key, count from content_hours where type = 'click'
      ) each join content c using (content_key) where c.type <> 'page'
      group by c.id order by value desc, c.id collate "C" limit ${limit}`.execute(database().kysely)
    return rows.map(({ id, value }) => [id, value])
  }

  test('where few have most of it', async () => {
    await close((content, day) => Math.ceil(3_000 / (content + day)))
    expect(await ranking(10)).toEqual(await recount(10))
    expect(await ranking(100)).toEqual(await recount(100))
  })

  test('where all have nearly the same, so that the first of each day are not enough', async () => {
    const random = createSeededRandom('flat')
    await close(() => random.between(100, 110))
    expect(await ranking(20)).toEqual(await recount(20))
  })

  test('where all have exactly the same', async () => {
    await close(() => 7)
    expect(await ranking(20)).toEqual(await recount(20))
  })

  test('where what is first over all days is first on none', async () => {
    // Everybody has one good day but content 450, which is second on all of them.
    await close((content, day) => (content === 451 ? 90 : content % 3 === day ? 100 : 1))
    expect((await ranking(1))[0]).toEqual(['451', 270])
    expect(await ranking(50)).toEqual(await recount(50))
  })
})
