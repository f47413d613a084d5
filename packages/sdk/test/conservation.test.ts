import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { Batch, Tracker } from '../src/index'
import { useFakePage } from './support/fake-page'

const world = useFakePage()

function expectBalance(tracker: Tracker): void {
  const { recorded, delivered, queued, inFlight, unconfirmed, dropped } = tracker.stats()
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  expect({ recorded }).toEqual({ recorded: delivered + queued + inFlight + unconfirmed + lost })
}

type Step =
  | { do: 'track'; count: number; bytes: number }
  | { do: 'wait'; ms: number }
  | { do: 'collector'; status: number; retryAfter: boolean; refuses: boolean }
  | { do: 'beacons'; take: boolean }
  | { do: 'hide' | 'unhide' | 'exit' | 'comeBack' | 'online' | 'flush' | 'wrong' | 'huge' | 'reload' | 'crash' }
  | { do: 'consent'; consent: 'granted' | 'pending' | 'denied' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('track'),
    count: fc.integer({ min: 1, max: 30 }),
    bytes: fc.integer({ min: 0, max: 900 }),
  }),
  fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 90_000 }) }),
  fc.record({
    do: fc.constant('collector'),
    status: fc.constantFrom(0, 200, 200, 400, 401, 413, 429, 500, 999),
    retryAfter: fc.boolean(),
    refuses: fc.boolean(),
  }),
  fc.record({ do: fc.constant('beacons'), take: fc.boolean() }),
  fc.record({
    do: fc.constantFrom('hide', 'unhide', 'exit', 'comeBack', 'online', 'flush', 'wrong', 'huge', 'reload', 'crash'),
  }),
  fc.record({ do: fc.constant('consent'), consent: fc.constantFrom('granted', 'granted', 'pending', 'denied') }),
) as fc.Arbitrary<Step>

describe('every event is accounted for', () => {
  test('recorded = delivered + queued + in flight + unconfirmed + dropped, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.boolean(),
        fc.boolean(),
        async (...given) => {
          const [steps, isTokenNeeded, isEncoded] = given
          const { page } = world
          page.accept()
          page.takeBeacons(() => true)
          localStorage.clear()
          const open = () =>
            page.start({
              maxQueueEvents: 60,
              maxQueueBytes: 20_000,
              maxEventBytes: 4_000,
              token: isTokenNeeded ? () => Promise.resolve('t') : undefined,
              encode: isEncoded ? encode : undefined,
            })
          let tracker = open()
          for (const next of steps) {
            if (next.do === 'reload') tracker.close()
            if (next.do === 'crash') page.locks.crash()
            if (next.do === 'reload' || next.do === 'crash') {
              expectBalance(tracker)
              tracker = open()
            } else play(next, tracker)
            expectBalance(tracker)
            await page.settle()
            expectBalance(tracker)
            if (next.do === 'wait') await page.advance(next.ms)
          }
          page.accept()
          page.unhide()
          tracker.setConsent('granted')
          await page.advance(1_400_000)
          await tracker.flush()
          expect(tracker.stats()).toMatchObject({ queued: 0, inFlight: 0, unconfirmed: 0 })
          expectBalance(tracker)
          tracker.close()
        },
      ),
      { numRuns: 100 },
    )
  }, 60_000)

  test('what a collector stored is what the tracker calls delivered, and no event is stored twice without a failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(200, 500, 429, 0), { maxLength: 8 }), async (answers) => {
        const { page } = world
        const stored: string[] = []
        page.collector((request) => {
          const status = answers.shift() ?? 200
          if (status === 200) stored.push(...request.batch.events.map(({ id }) => id!))
          if (status === 0) request.fail()
          else request.answer(status)
        })
        const tracker = page.start()
        for (let count = 0; count < 5; count++) {
          for (let index = 0; index < 7; index++) tracker.track('like')
          await page.advance(3_000)
        }
        await page.advance(3 * 3_600_000)
        expect(stored).toHaveLength(35)
        expect(new Set(stored).size).toBe(35)
        expect(tracker.stats()).toMatchObject({ recorded: 35, delivered: 35, queued: 0 })
        tracker.close()
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

/** Sends nothing of every third event, and stumbles over every seventh. */
function encode(batch: Batch): string | null {
  const seq = batch.events[0]?.seq ?? 1
  if (seq % 7 === 0) throw new Error('no')
  return seq % 3 ? JSON.stringify(batch) : null
}

function play(next: Step, tracker: Tracker): void {
  const { page } = world
  switch (next.do) {
    case 'track':
      for (let index = 0; index < next.count; index++)
        tracker.track('like', { metadata: { text: 'é'.repeat(next.bytes / 2) } })
      return
    case 'collector':
      return page.collector((request) => {
        if (next.status === 999) return
        if (next.status === 0) return request.fail()
        const errors = next.refuses ? [{ index: 0, code: 'x', message: '' }] : []
        const headers = next.retryAfter ? { 'Retry-After': '30' } : {}
        request.answer(next.status, {
          headers,
          body: { success: true, tracked: 0, duplicates: 0, dropped: {}, errors },
        })
      })
    case 'beacons':
      page.takeBeacons(() => next.take)
      return
    case 'consent':
      return tracker.setConsent(next.consent)
    case 'wrong':
      return tracker.track('Wrong')
    case 'huge':
      return tracker.track('like', {
        metadata: { a: 'x'.repeat(1_024), b: 'x'.repeat(1_024), c: 'x'.repeat(1_024), d: 'x'.repeat(1_024) },
      })
    case 'flush':
      void tracker.flush()
      return
    case 'online':
      page.goOnline()
      return
    case 'wait':
      return
    case 'reload':
    case 'crash':
      return
    default:
      return void page[next.do]()
  }
}
