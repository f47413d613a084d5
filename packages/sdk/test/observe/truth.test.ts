import { describe, expect, test, vi } from 'vitest'
import * as fc from 'fast-check'
import type { Dedupe, WireEvent } from '../../src/index'
import { liveObservers, liveSizeObservers } from '../support/fake-observer'
import { useFakePage } from '../support/fake-page'
import { openFeed } from '../support/feed'

const world = useFakePage()

const NODES = 4
const KEYS = ['a', 'b']
const STALL_MS = 500

/** A browser tells in whole frames, here of 1 ms, and an event in whole milliseconds. */
const SLACK_MS = 3

type Step =
  | { do: 'enter' | 'leave' | 'unmount'; node: number }
  | { do: 'mount'; node: number; key: string }
  | { do: 'wait' | 'stall'; ms: number }
  | { do: 'hide' | 'unhide' | 'freeze' | 'resume' | 'exit' | 'comeBack' | 'route' }
  | { do: 'click'; key: string }

const node = fc.integer({ min: 0, max: NODES - 1 })
const key = fc.constantFrom(...KEYS)
const wait = fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 30, 260, 400, 700, 1_100) })
const enter = fc.record({ do: fc.constantFrom('enter', 'enter', 'leave'), node })
const mount = fc.record({ do: fc.constant('mount'), node, key })

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: wait, weight: 5 },
  { arbitrary: enter, weight: 4 },
  { arbitrary: mount, weight: 3 },
  { arbitrary: fc.record({ do: fc.constant('unmount'), node }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('stall'), ms: fc.constantFrom(120, 350, 501, 4_000) }), weight: 1 },
  {
    arbitrary: fc.record({
      do: fc.constantFrom('hide', 'unhide', 'unhide', 'freeze', 'resume', 'exit', 'comeBack', 'route'),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant('click'), key }), weight: 1 },
) as fc.Arbitrary<Step>

interface Wishes {
  dedupe: Dedupe
  accumulate: boolean
  minViewMs: number | undefined
}

/** Most pages begin with something on screen. */
const BEGINNING: Step[] = [
  { do: 'mount', node: 0, key: 'a' },
  { do: 'mount', node: 1, key: 'b' },
  { do: 'enter', node: 0 },
  { do: 'enter', node: 1 },
  { do: 'wait', ms: 400 },
]

const wishes: fc.Arbitrary<Wishes> = fc.record({
  dedupe: fc.constantFrom<Dedupe>('session', 'page', false),
  accumulate: fc.boolean(),
  minViewMs: fc.constantFrom(undefined, 0, 1e9),
})

/** Plays the steps, and keeps a book of its own on how long each content was really on screen. */
async function play(steps: Step[], { dedupe, accumulate, minViewMs }: Wishes) {
  const { page } = world
  sessionStorage.clear()
  localStorage.clear()
  page.unhide()
  const { tracker, events, observe } = openFeed(page, { dedupe, accumulate, minViewMs })
  const nodes = Array.from({ length: NODES }, () => page.add())
  const stops: ((() => void) | undefined)[] = []
  const shows: (string | undefined)[] = []
  const onScreen = new Set<number>()
  const visibleMs = new Map(KEYS.map((content) => [content, 0]))
  /** What the latest frame showed: nobody knows better until the next one. */
  let painted = new Set<string>()
  let isVisible = true
  let isFrozen = false

  const look = () => {
    if (isVisible) painted = new Set([...onScreen].flatMap((index) => shows[index] ?? []))
  }
  const pass = (ms: number) => {
    if (isVisible && !isFrozen) for (const content of painted) visibleMs.set(content, visibleMs.get(content)! + ms)
  }

  for (const next of [...BEGINNING, ...steps]) {
    switch (next.do) {
      case 'wait':
        // The first frame still ends what was painted before.
        pass(1)
        look()
        pass(next.ms)
        await page.advance(next.ms)
        break
      case 'stall': {
        // Between the last frame and the stall something may have been mounted in sight.
        const before = painted
        look()
        painted = new Set([...before, ...painted])
        if (next.ms <= STALL_MS) pass(next.ms)
        await page.block(next.ms)
        break
      }
      case 'enter':
        onScreen.add(next.node)
        page.show(nodes[next.node]!)
        break
      case 'leave':
        onScreen.delete(next.node)
        page.leave(nodes[next.node]!)
        break
      case 'mount':
        document.body.append(nodes[next.node]!)
        stops[next.node] = observe(nodes[next.node]!, next.key)
        shows[next.node] = next.key
        break
      case 'unmount':
        stops[next.node]?.()
        nodes[next.node]!.remove()
        shows[next.node] = undefined
        break
      case 'route':
        tracker.page()
        break
      case 'click':
        tracker.click({ content: { type: 'post', id: next.key } })
        break
      default:
        page[next.do]()
        if (next.do === 'hide' || next.do === 'exit') isVisible = false
        if (next.do === 'unhide' || next.do === 'comeBack') isVisible = true
        if (next.do === 'freeze') isFrozen = true
        if (next.do !== 'freeze' && next.do !== 'hide' && next.do !== 'exit' && isVisible) isFrozen = false
    }
  }
  const observed = new Set(shows)
  await page.settle()
  return { page, tracker, events, nodes, stops, visibleMs, observed }
}

const idOf = ({ content }: WireEvent) => content!.id
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

describe('whatever happens to elements, the page and the main thread', () => {
  test('no time is told that nobody had, and no impression twice in its scope', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), wishes, async (steps, asked) => {
        const { tracker, events, nodes, stops, visibleMs, page } = await play(steps, asked)

        for (const stop of stops) stop?.()
        await page.settle()
        expect(liveObservers().flatMap(({ targets }) => [...targets.keys()])).toEqual([])

        tracker.close()
        const told = events.length
        for (const element of nodes) page.show(element)
        tracker.click({ content: { type: 'post', id: 'a' } })
        await page.advance(1_500)
        expect(events).toHaveLength(told)
        expect([vi.getTimerCount(), liveObservers().length, liveSizeObservers().length]).toEqual([0, 0, 0])

        for (const content of KEYS) {
          const mine = events.filter((event) => event.type !== 'page_view' && idOf(event) === content)
          const views = mine.filter(({ type }) => type === 'view')
          const allowedMs = visibleMs.get(content)! + SLACK_MS * (BEGINNING.length + steps.length)
          expect(sum(views.map(({ durationMs }) => durationMs!))).toBeLessThanOrEqual(allowedMs)
          for (const { totalMs } of views) expect(totalMs).toBeLessThanOrEqual(allowedMs)

          // One list of events for each scope of the dedupe.
          const scopes: WireEvent[][] = [[]]
          for (const event of events) {
            if (event.type === 'page_view' && asked.dedupe === 'page') scopes.push([])
            else if (event.type !== 'page_view' && idOf(event) === content) scopes.at(-1)!.push(event)
          }
          for (const scope of scopes) {
            const types = scope.map(({ type }) => type)
            const impressions = types.filter((type) => type === 'impression').length
            expect(impressions).toBeLessThanOrEqual(asked.dedupe ? 1 : Infinity)
            // With such a minViewMs only what was seen has views, so an impression comes first.
            const firstViewAt = asked.minViewMs === 1e9 ? types.indexOf('view') : -1
            expect(firstViewAt < 0 || types.slice(0, firstViewAt).includes('impression')).toBe(true)
          }
        }
        for (const element of nodes) element.remove()
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  test('a click on an observed content has an impression before it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 15 }), key, async (steps, clicked) => {
        const { tracker, events, nodes, observed } = await play(steps, {
          dedupe: 'session',
          accumulate: false,
          minViewMs: undefined,
        })
        tracker.click({ content: { type: 'post', id: clicked } })
        const types = events.filter((event) => event.content?.id === clicked).map(({ type }) => type)
        expect(types.at(-1)).toBe('click')
        expect(!observed.has(clicked) || types.slice(0, -1).includes('impression')).toBe(true)
        tracker.close()
        for (const element of nodes) element.remove()
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})
