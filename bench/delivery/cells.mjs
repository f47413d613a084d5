// The two sides of the table: how a page ends, and what its collector does meanwhile.
import { setTimeout as wait } from 'node:timers/promises'
import { faults } from '../../test/support/fault-proxy.mjs'

export const EVENTS_PER_CELL = 200

/** Bytes of what the page says in each event of the large cell: 200 times 350 are 70,000. */
const LARGE_NOTE_BYTES = 350

/** After a page was hidden, so long passes until the system ends its process, as telephones do. */
const HIDDEN_MS = 1_000

/**
 * How a page ends, with its last events. Tracking and leaving are one task where the page can do both itself.
 * @type {Record<string, (tab: object, events: object, context: { site: string, profile: object }) => Promise<void>>}
 */
export const exits = {
  async navigate(tab, events, { site }) {
    await tab.evaluate(`bench.trackAndNavigate(${JSON.stringify(events)}, '${site}/elsewhere')`)
  },

  async close(tab, events) {
    await tab.evaluate(`bench.track(${JSON.stringify(events)})`)
    await tab.close()
  },

  async hide(tab, events, { site, profile }) {
    await tab.evaluate(`bench.track(${JSON.stringify(events)})`)
    const other = await profile.openTab(`${site}/elsewhere`)
    await other.activate()
    await wait(HIDDEN_MS)
    await tab.kill()
  },

  async reload(tab, events) {
    await tab.evaluate(`bench.trackAndReload(${JSON.stringify(events)})`)
  },

  async crash(tab, events) {
    await tab.evaluate(`bench.track(${JSON.stringify(events)})`)
    await tab.kill()
  },
}

/** Exits after which the next visit is in the same tab. */
export const staysInTab = (exit) => exit === 'navigate' || exit === 'reload'

/**
 * What goes wrong from before the first event until after the exit. `begin` may return what ends it.
 * @type {Record<string, { begin?: Function, tabs?: number, noteBytes?: number, atOnce?: boolean }>}
 */
export const troubles = {
  none: {},
  '3 × 500': { begin: ({ proxy }) => proxy.begin(faults.status(500, { times: 3 })) },
  'down 10 s': {
    async begin({ proxy }) {
      await proxy.goDown()
      const until = Date.now() + 10_000
      return async () => {
        await wait(Math.max(0, until - Date.now()))
        await proxy.comeUp()
      }
    },
  },
  '429, Retry-After 2': { begin: ({ proxy }) => proxy.begin(faults.tooMany(2)) },
  offline: {
    async begin({ proxy, tabs }) {
      for (const tab of tabs) await tab.setOffline(true)
      // The browser's own switch is in the tab, which may be gone before its last request is.
      await proxy.goDown()
      return async (tabsLeft) => {
        await proxy.comeUp()
        for (const tab of tabsLeft) await tab.setOffline(false)
      }
    },
  },
  'reply cut': { begin: ({ proxy }) => proxy.begin(faults.replyCut()) },
  '70 KB at once': { noteBytes: LARGE_NOTE_BYTES, atOnce: true },
  'two tabs': { tabs: 2 },
}
