// What a browser tells of watching media is stored, every field of it.
import { expect, test } from 'vitest'
import { eventFlags } from '../../src/ingest/flags'
import { about, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'

onBothDatabases('a watch', (database) => {
  const build = useCollectors(database)

  test('is stored with its times, its end and whether it was completed', async () => {
    const { send } = await build()
    const watch = { type: 'watch', durationMs: 4_000, mediaDurationMs: 10_000, pipMs: 6_000 }
    await send([about('9', { ...watch, completed: true, endReason: 'ended' })])
    const [row] = await database().kysely.selectFrom('event_log').selectAll().execute()
    expect(row).toMatchObject({
      type: 'watch',
      duration_ms: 4_000,
      media_duration_ms: 10_000,
      pip_ms: 6_000,
      end_reason: 'ended',
    })
    expect(row!.flags & eventFlags.completed).toBe(eventFlags.completed)
  })
})
