// Numbers in `events` are words in `event_log`, every one of them.
import { expect, test } from 'vitest'
import { channelCodes, deviceCodes, endReasonCodes, typeCode, typeCodes } from '../../src/database/codes'
import { mintId } from '../../src/ingest/event-id'
import { onBothDatabases } from '../support/databases'

onBothDatabases('event_log', (database) => {
  const words = {
    type: { ...typeCodes, custom: undefined },
    channel: channelCodes,
    device: deviceCodes,
    end_reason: endReasonCodes,
  }

  test.each(Object.entries(words))('has a word for every number of %s', async (column, codes) => {
    const { kysely } = database()
    for (const [word, code] of Object.entries(codes)) {
      if (code === undefined) continue
      const row = {
        content_key: '1',
        viewer_key: '1',
        event_id: mintId(Date.now()),
        occurred_at: new Date(),
        received_at: new Date(),
        event_day: '1970-01-01',
        flags: 0,
        counted: true,
        type: typeCodes.view,
        channel: channelCodes.sdk,
        device: deviceCodes.other,
        [column]: code,
      }
      await kysely.insertInto('events').values(row).execute()
      const read = await kysely.selectFrom('event_log').selectAll().where('event_id', '=', row.event_id).execute()
      expect(read).toMatchObject([{ [column]: word }])
    }
  })
})

test('a number stands for one word', () => {
  for (const codes of [typeCodes, channelCodes, deviceCodes, endReasonCodes]) {
    const numbers = Object.values(codes)
    expect(new Set(numbers).size).toBe(numbers.length)
  }
})

test("a site's own type is custom, whatever it is called", () => {
  expect(['wishlist_add', 'custom', 'constructor', 'view'].map(typeCode)).toEqual([0, 0, 0, typeCodes.view])
})
