import { wireLimits } from '@sightline/sdk/wire'
import { describe, expect, test } from 'vitest'
import { demoPosts } from '../../src/demo/posts'
import { drawVisits } from '../../src/demo/sample-days'
import { createSiteClock } from '../../src/site-clock'

const berlin = createSiteClock('Europe/Berlin')
const endOfDay = Date.parse('2025-04-02T21:59:59Z')

const draw = (seed: string, nowMs = endOfDay, days = 30) => drawVisits(demoPosts, { seed, days }, berlin, nowMs)
const eventsOf = (visits: ReturnType<typeof draw>) => visits.flatMap(({ events }) => events)
const dayOf = ({ occurredAt = 0 }) => berlin.day(occurredAt)

const visits = draw('1')
const events = eventsOf(visits)
const count = (type: string, where: (event: (typeof events)[number]) => boolean = () => true) =>
  events.filter((event) => event.type === type && where(event)).length

/** Clicks per impression between two positions. */
const rate = (from: number, to: number) => {
  const inside = ({ position = -1 }) => position >= from && position <= to
  return count('click', inside) / count('impression', inside)
}

/** Clicks per impression of those who were shown one design of the cards. */
const rateOfVariant = (variant: string) => {
  const shown = ({ metadata }: (typeof events)[number]) => metadata?.variant === variant
  return count('click', shown) / count('impression', shown)
}

const hourOf = ({ occurredAt = 0 }) => Math.floor((occurredAt - berlin.dayStart(berlin.day(occurredAt))) / 3_600_000)
const onWeekday = (day: number) => events.filter((event) => new Date(dayOf(event)).getUTCDay() === day).length

/** Events between two hours of the day. */
const within = (from: number, to: number) =>
  events.filter((event) => hourOf(event) >= from && hourOf(event) < to).length

describe('sample data', () => {
  test('is the same for the same seed, ids included', () => {
    expect(draw('1')).toEqual(visits)
  })

  test('is another for another seed', () => {
    expect(eventsOf(draw('2')).length).not.toBe(events.length)
  })

  test('shows the same past a day later', () => {
    const tomorrow = eventsOf(draw('1', endOfDay + 86_400_000))
    const inBoth = (event: (typeof events)[number]) => dayOf(event) >= '2025-03-05' && dayOf(event) <= '2025-04-01'
    expect(tomorrow.filter(inBoth)).toEqual(events.filter(inBoth))
  })

  test('covers every one of the days, and nothing that has not happened yet', () => {
    const noon = Date.parse('2025-04-02T10:00:00Z')
    const untilNoon = eventsOf(draw('1', noon))
    expect(new Set(untilNoon.map(dayOf)).size).toBe(30)
    expect(Math.max(...untilNoon.map(({ occurredAt = 0 }) => occurredAt))).toBeLessThanOrEqual(noon)
  })

  test('is of a size that fills a dashboard within seconds', () => {
    expect(events.length).toBeGreaterThan(35_000)
    expect(events.length).toBeLessThan(60_000)
  })

  test('has no id twice, and ids of the time at which things happened', () => {
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    const { id = '', occurredAt } = events[1_000]!
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(occurredAt)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('numbers the events of a visit without a gap and never goes back in time', () => {
    for (const { events } of visits) {
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index))
      const times = events.map(({ occurredAt = 0 }) => occurredAt)
      expect(times.every((time, index) => index === 0 || time >= times[index - 1]!)).toBe(true)
    }
  })

  test('keeps to the limits of the wire', () => {
    for (const event of events) {
      expect(event.scrollDepth ?? 0).toBeLessThanOrEqual(100)
      expect(JSON.stringify(event).length).toBeLessThan(wireLimits.maxEventBytes)
    }
  })

  test('has fewer clicks the further down a card is', () => {
    expect(rate(0, 2)).toBeGreaterThan(rate(5, 8))
    expect(rate(5, 8)).toBeGreaterThan(rate(12, 20))
  })

  test('is quiet at night and at weekends', () => {
    expect(within(18, 22)).toBeGreaterThan(5 * within(1, 5))
    expect(onWeekday(3)).toBeGreaterThan(onWeekday(6))
  })

  test('has popular cards and a long tail', () => {
    const byCard = demoPosts.map(({ id }) => count('impression', ({ content }) => content?.id === id))
    const rare = byCard.filter((impressions) => impressions < Math.max(...byCard) / 10)
    expect(rare.length).toBeGreaterThan(10)
    expect(byCard.every((impressions) => impressions > 0)).toBe(true)
  })

  test('has signed-in and anonymous visitors, several devices, sources and referrers', () => {
    const users = new Set(visits.map(({ viewer }) => viewer.userId))
    expect(users.size).toBeGreaterThan(50)
    expect(users).toContain(null)
    expect(new Set(visits.map(({ viewer }) => viewer.userAgent)).size).toBe(6)
    expect(new Set(events.flatMap(({ source }) => source ?? [])).size).toBe(5)
    expect(new Set(events.flatMap(({ referrer }) => referrer ?? [])).size).toBe(6)
  })

  test('has visitors of many countries, and some whose country nobody knows', () => {
    const countries = new Set(visits.map(({ viewer }) => viewer.country))
    expect(countries.size).toBeGreaterThan(10)
    expect(countries).toContain(null)
  })

  test('has fewer views than impressions: some cards are scrolled past at once', () => {
    const listing = count('view', ({ viewType }) => viewType === 'listing')
    expect(listing).toBeLessThan(0.8 * count('impression'))
    expect(listing).toBeGreaterThan(0.4 * count('impression'))
  })

  test('has watches of reels that are skipped, cut short and complete, none longer than the reel', () => {
    const watches = events.filter(({ type }) => type === 'watch')
    expect(watches.every(({ durationMs = 0, mediaDurationMs = 0 }) => durationMs <= mediaDurationMs)).toBe(true)
    const complete = watches.filter(({ completed }) => completed).length
    expect(complete).toBeGreaterThan(watches.length * 0.05)
    expect(complete).toBeLessThan(watches.length * 0.5)
    expect(watches.filter(({ durationMs = 0 }) => durationMs < 3_000).length).toBeGreaterThan(watches.length * 0.05)
  })

  test('has more clicks where the new cards are shown', () => {
    expect(rateOfVariant('new_cards')).toBeGreaterThan(rateOfVariant('old_cards'))
  })
})
