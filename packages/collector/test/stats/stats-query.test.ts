import { describe, expect, test } from 'vitest'
import { createSiteClock } from '../../src/site-clock'
import { readQuery, readTrendingQuery } from '../../src/stats/stats-query'

const berlin = createSiteClock('Europe/Berlin')
/** 00:30 on 10 March in Berlin, still 9 March in UTC. */
const now = Date.parse('2025-03-09T23:30:00Z')

const rangeOf = (query: unknown, clock = berlin, nowMs = now) => {
  const { from, to } = readQuery('stats', query, clock, nowMs).range
  return [from, to]
}

/** Length of a day in Berlin. */
const hoursOf = (day: string) => {
  const { dayStartsMs, endMs } = readQuery('stats', { from: day, to: day }, berlin, now).range
  return (endMs - dayStartsMs[0]!) / 3_600_000
}

test('answers about the last seven days of the site, today included, when no days are named', () => {
  expect(rangeOf({})).toEqual(['2025-03-04', '2025-03-10'])
})

test('counts `days` back from today', () => {
  expect(rangeOf({ days: '1' })).toEqual(['2025-03-10', '2025-03-10'])
  expect(rangeOf({ days: '366' })).toEqual(['2024-03-10', '2025-03-10'])
})

test('takes a first day alone up to today, and a last day alone with the six before it', () => {
  expect(rangeOf({ from: '2025-03-01' })).toEqual(['2025-03-01', '2025-03-10'])
  expect(rangeOf({ to: '2025-02-28' })).toEqual(['2025-02-22', '2025-02-28'])
})

test('gives the day on which the clock goes forward 23 hours, and the one on which it goes back 25', () => {
  expect([hoursOf('2025-03-29'), hoursOf('2025-03-30'), hoursOf('2025-10-26')]).toEqual([24, 23, 25])
})

test('starts days at the local midnight of zones with odd offsets', () => {
  const { dayStartsMs } = readQuery(
    'stats',
    { from: '2025-03-09', to: '2025-03-09' },
    createSiteClock('Asia/Kathmandu'),
    now,
  ).range
  expect(new Date(dayStartsMs[0]!).toISOString()).toBe('2025-03-08T18:15:00.000Z')
})

test('takes 366 days and not one more', () => {
  expect(rangeOf({ from: '2024-01-01', to: '2024-12-31' })).toEqual(['2024-01-01', '2024-12-31'])
  expect(() => rangeOf({ from: '2024-01-01', to: '2025-01-01' })).toThrow('at most 366 days')
})

test('sorts by impressions and gives ten rows unless told otherwise', () => {
  expect(readQuery('top', {}, berlin, now)).toMatchObject({ by: 'impressions', limit: 10, audience: 'all' })
  expect(readQuery('top', { by: 'pageViews', limit: '100' }, berlin, now)).toMatchObject({
    by: 'pageViews',
    limit: 100,
  })
})

describe('says what was expected and what came', () => {
  test.each([
    [{ from: 'yesterday' }, 'from must be a day as YYYY-MM-DD, got "yesterday".'],
    [{ to: '2025-02-30' }, 'to must be a day as YYYY-MM-DD, got "2025-02-30".'],
    [{ from: ['2025-03-01', '2025-03-02'] }, 'from must be a day as YYYY-MM-DD, got more than one.'],
    [{ from: '2025-03-02', to: '2025-03-01' }, 'from must not be after to, got from 2025-03-02 and to 2025-03-01.'],
    [{ audience: 'bots' }, 'audience must be one of all, authenticated, anonymous, got "bots".'],
    [{ days: '0' }, 'days must be a whole number from 1 to 366, got "0".'],
    [
      { days: '7', to: '2025-03-01' },
      'days counts back from today and cannot be combined with from or to. Leave one of them out.',
    ],
    [
      { audiense: 'all' },
      'audiense is not a parameter here; from, to, days, audience, timezone, cache, country, device, source, viewType, channel, referrer, contentType, contentId are.',
    ],
    [{ country: ['DE', 'US'] }, 'country must be a text of 0 to 1024 characters, got more than one.'],
    [{ source: 'a\0' }, 'source must be a text of 0 to 1024 characters, got "a\\u0000".'],
    [{ contentType: 'a b', contentId: '1' }, 'contentType must be a type of content, got "a b".'],
    [{ contentId: '1' }, 'contentType and contentId name one content together, got contentId without contentType.'],
    [
      { contentType: 'post' },
      'contentType and contentId name one content together, got contentType without contentId.',
    ],
  ])('%j', (query, sentence) => {
    expect(() => readQuery('stats', query, berlin, now)).toThrow(
      expect.objectContaining({ code: 'invalid_query', message: sentence }),
    )
  })

  test.each([
    [
      { by: 'money' },
      'by must be one of impressions, views, watches, clicks, likes, shares, pageViews, engagement, viewers, clickThroughRate, averageViewDurationMs, got "money".',
    ],
    [{ limit: '101' }, 'limit must be a whole number from 1 to 100, got "101".'],
    [{ limit: '1e1' }, 'limit must be a whole number from 1 to 100, got "1e1".'],
    [{ by: '', limit: '' }, 'got ""; limit must be a whole number'],
  ])('%j', (query, sentence) => {
    expect(() => readQuery('top', query, berlin, now)).toThrow(sentence)
  })
})

test('takes filters apart from what else is asked, an empty one for events that told none', () => {
  const { filters, by } = readQuery('top', { country: 'DE', source: '', by: 'clicks' }, berlin, now)
  expect([filters, by]).toEqual([{ country: 'DE', source: '' }, 'clicks'])
  expect(readQuery('stats', {}, berlin, now).filters).toEqual({})
})

test('takes the source of a list for no filter where positions are asked for', () => {
  expect(readQuery('positions', { source: 'feed' }, berlin, now)).toMatchObject({ source: 'feed', filters: {} })
})

const inZone = (timezone: string, site = berlin) => readQuery('stats', { timezone, days: '2' }, site, now)

describe('days of another zone', () => {
  test('are those of its own clock', () => {
    const { range, clock } = inZone('America/New_York')
    expect([clock.timezone, range.from, range.to]).toEqual(['America/New_York', '2025-03-08', '2025-03-09'])
    expect(new Date(range.dayStartsMs[0]!).toISOString()).toBe('2025-03-08T05:00:00.000Z')
  })

  test('are refused where they do not begin with an hour of the site', () => {
    expect(() => inZone('Asia/Kathmandu')).toThrow(
      'timezone Asia/Kathmandu cannot be answered: events are counted by the hours of Europe/Berlin',
    )
    expect(() => inZone('Europe/Berlin', createSiteClock('Asia/Kathmandu'))).toThrow('the hours of Asia/Kathmandu')
    expect(inZone('Asia/Kathmandu', createSiteClock('Asia/Kathmandu')).range.days).toHaveLength(2)
  })

  test('are refused for a name that is no zone', () => {
    expect(() => inZone('Mars/Olympus')).toThrow('timezone must be an IANA time zone, got "Mars/Olympus".')
  })
})

test('answers about users and positions for the last 30 days, unless told otherwise', () => {
  for (const question of ['engagement', 'positions', 'retention'] as const)
    expect(readQuery(question, {}, berlin, now).range.days).toHaveLength(30)
})

test.each([
  [() => readQuery('breakdown', { type: 'Page View' }, berlin, now), 'type must be a type of event, got "Page View".'],
  [() => readQuery('retention', { periods: '91' }, berlin, now), 'periods must be a whole number from 1 to 90'],
  [() => readQuery('engagement', { audience: 'all' }, berlin, now), 'audience is not a parameter here'],
  [() => readQuery('positions', { timezone: 'UTC' }, berlin, now), 'timezone is not a parameter here'],
  [() => readQuery('engagement', { country: 'DE' }, berlin, now), 'country is not a parameter here'],
  [() => readQuery('content', { contentType: 'post', contentId: '1' }, berlin, now), 'contentType, contentId is not'],
  [() => readQuery('compare', { key: 'a\0' }, berlin, now), 'key must be a text of 1 to 64 characters'],
  [() => readQuery('compare', { key: '' }, berlin, now), 'key must be a text of 1 to 64 characters, got "".'],
  [() => readQuery('stats', { cache: '1' }, berlin, now), 'cache must be one of 0, got "1".'],
  [() => readTrendingQuery({ type: 'a b' }), 'type must be a type of content, got "a b".'],
])('refuses with a sentence: %#', (read, sentence) => {
  expect(read).toThrow(sentence)
})
