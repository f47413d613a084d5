// One cell: a visitor comes, events happen, trouble happens, the page ends; later the visitor comes once more. Then we count.
import { setTimeout as wait } from 'node:timers/promises'
import { openFaultProxy } from '../../test/support/fault-proxy.mjs'
import { EVENTS_PER_CELL, exits, staysInTab, troubles } from './cells.mjs'
import { readEvents } from './sdks.mjs'
import { openProfile } from './tabs.mjs'

/** Between the first half of the events and the second, with which the page ends: time for batches, answers, first retries. */
const READ_MS = 1_500

/** What a browser needs to let go what it was given at exit. */
const SETTLE_MS = 1_000

/**
 * The next visit lasts so long, and longer while something still comes. It ends early when everything has arrived and
 * nothing came again for a while.
 */
const VISIT_MS = 8_000
const LONGEST_VISIT_MS = 30_000
const STILL_COMING_MS = 4_000
const QUIET_MS = 1_000
const LOOK_EVERY_MS = 250

/**
 * @param upstream the collector or the sink: its origin, and `storedIds(source)` where there is a database to ask
 * @returns how many events were made, arrived, were lost, were stored twice, travelled again; requests and bytes
 */
export async function runCell({ browser, site, key, upstream, exit, trouble, round }) {
  const source = `${key}-${exit}-${trouble}-${round}-${Math.random().toString(36).slice(2, 8)}`
  const { begin, tabs: tabCount = 1, noteBytes = 0, atOnce = false } = troubles[trouble]
  const proxy = await openFaultProxy(upstream.origin)
  const profile = await openProfile(browser)
  try {
    const address = `${site}/${key}?collector=${encodeURIComponent(proxy.origin)}`
    const tabs = []
    for (let index = 0; index < tabCount; index++) tabs.push(await visit(profile, address))
    const end = await begin?.({ proxy, tabs })

    const perTab = EVENTS_PER_CELL / tabCount
    const split = atOnce ? 0 : perTab / 2
    const eventsOf = (place, from, to) => ({
      prefix: source,
      from: place * perTab + from,
      to: place * perTab + to,
      noteBytes,
    })
    for (const [place, tab] of tabs.entries()) {
      if (split) await tab.evaluate(`bench.track(${JSON.stringify(eventsOf(place, 0, split))})`)
    }
    await wait(READ_MS)
    for (const [place, tab] of tabs.entries()) {
      await exits[exit](tab, eventsOf(place, split, perTab), { site, profile })
    }
    await wait(SETTLE_MS)
    const tabsLeft = staysInTab(exit) ? tabs : []
    await end?.(tabsLeft)
    proxy.end()

    await comeBack(tabsLeft[0])
    return await count()

    async function comeBack(tab) {
      const next = tab ?? (await visit(profile, address))
      if (tab) {
        await tab.activate()
        await tab.goto(address)
      }
      await next.evaluate('bench.isReady')
      // A site tracks that somebody came; for some SDKs that is what sets their queue going.
      await next.evaluate(`bench.track({ prefix: '${source}-back', from: 0, to: 1 })`)
      const cameAt = Date.now()
      while (!(await isOver(Date.now() - cameAt))) await wait(LOOK_EVERY_MS)
      await next.close()
      await wait(SETTLE_MS)
    }

    async function isOver(visitMs) {
      const quietMs = Date.now() - (proxy.exchanges.at(-1)?.at ?? 0)
      if (visitMs > VISIT_MS && quietMs > STILL_COMING_MS) return true
      return visitMs > LONGEST_VISIT_MS || (quietMs > QUIET_MS && (await count()).lost === 0)
    }

    async function count() {
      const carried = proxy.exchanges
        .filter(({ isForwarded }) => isForwarded)
        .flatMap((exchange) => readEvents(key, exchange))
        .filter(({ id }) => id?.startsWith(`${source}-`) && !id.startsWith(`${source}-back`))
      // Whoever has no database of ours is taken to store each of its own ids once, as its servers say they do.
      const stored = upstream.storedIds
        ? await upstream.storedIds(source)
        : [...new Map(carried.map((event) => [event.sdkId, event.id])).values()]
      const arrived = new Set(stored).size
      const posts = proxy.exchanges.filter(({ method }) => method !== 'OPTIONS')
      return {
        tracked: EVENTS_PER_CELL,
        arrived,
        lost: EVENTS_PER_CELL - arrived,
        twice: stored.length - arrived,
        sentAgain: carried.length - new Set(carried.map(({ id }) => id)).size,
        requests: posts.length,
        preflights: proxy.exchanges.length - posts.length,
        bytes: posts.reduce((sum, { body }) => sum + body.length, 0),
      }
    }
  } finally {
    await profile.forget()
    await proxy.close()
  }
}

async function visit(profile, address) {
  const tab = await profile.openTab(address)
  await tab.evaluate('bench.isReady')
  return tab
}
