// One visit of a fresh page: calls are made in bursts, and what travelled is counted after the last of it has arrived.
import { faults, openFaultProxy } from '../../test/support/fault-proxy.mjs'
import { readEvents } from '../delivery/sdks.mjs'
import { openPage } from '../observe/browser.mjs'
import { median, quantile } from '../observe/statistics.mjs'

const PER_BURST = 100

/** Long enough for a batch and its answer, so that no queue grows beyond its limit. */
const REST_MS = 100

/** All of these SDKs send within 5 seconds after the last event; when nothing has come for longer, nothing will. */
const SILENCE_MS = 6_000
const LONGEST_WAIT_MS = 15_000
const LOOK_EVERY_MS = 500

/** Calls while everything is well. `cpuUs` is all main-thread CPU per event, until everything has arrived. */
export async function measureCalls(visit, calls) {
  return onFreshPage(visit, async (page, proxy) => {
    const during = await page.measure(`bench.timeCalls(${ask('a', calls)}).then((times) => {
      globalThis.times = times
    })`)
    const after = await measureUntilArrived(page, proxy, visit.key, calls)
    const carried = carriedBy(proxy, visit.key)
    return {
      ...summarise(await page.evaluate('times')),
      cpuUs: ((during.cpuMs + after.cpuMs) / calls) * 1_000,
      arrived: new Set(carried.events.map(({ id }) => id)).size,
      requests: carried.requests,
      bytesPerEvent: carried.bytes / carried.events.length,
    }
  })
}

/** A thousand calls on top of a thousand events that wait for a collector that does not answer. */
export async function measureQueued(visit) {
  return onFreshPage(visit, async (page, proxy) => {
    proxy.begin(faults.blackHole())
    await page.evaluate(`bench.timeCalls(${ask('before', 1_000)}).then(() => true)`)
    const { cpuMs } = await page.measure(`bench.timeCalls(${ask('a', 1_000)}).then((times) => {
      globalThis.times = times
    })`)
    return { ...summarise(await page.evaluate('times')), cpuUs: cpuMs }
  })
}

/** Bytes of the request that brings a single event. */
export async function measureAlone(visit) {
  return onFreshPage(visit, async (page, proxy) => {
    await page.evaluate(`bench.track({ prefix: 'alone', from: 0, to: 1 })`)
    await measureUntilArrived(page, proxy, visit.key, 1)
    // Some SDKs keep a batch that is not full until the page goes away.
    if (!carriedBy(proxy, visit.key).events.length) {
      await page.evaluate(`location.href = 'about:blank'`)
      await measureUntilArrived(page, proxy, visit.key, 1)
    }
    const { bytes, events } = carriedBy(proxy, visit.key)
    return { bytesPerEvent: bytes / events.length }
  })
}

async function onFreshPage({ browser, site, key, upstream }, measure) {
  const proxy = await openFaultProxy(upstream)
  const page = await openPage(browser, `${site}/${key}?collector=${encodeURIComponent(proxy.origin)}`)
  try {
    await page.evaluate('bench.isReady')
    return await measure(page, proxy)
  } finally {
    await page.close()
    await proxy.close()
  }
}

const ask = (prefix, calls) => JSON.stringify({ prefix, calls, perBurst: PER_BURST, restMs: REST_MS })

/** Until all events are there, or none of the rest will come. */
async function measureUntilArrived(page, proxy, key, count) {
  const startedAt = Date.now()
  let cpuMs = 0
  const isOver = () => {
    const now = Date.now()
    const lastAt = Math.max(startedAt, proxy.exchanges.at(-1)?.at ?? 0)
    return (
      now - lastAt > SILENCE_MS || now - startedAt > LONGEST_WAIT_MS || carriedBy(proxy, key).events.length >= count
    )
  }
  while (!isOver()) cpuMs += (await page.measure(waitInPage)).cpuMs
  // The last answer has to be dealt with too.
  cpuMs += (await page.measure(waitInPage)).cpuMs
  return { cpuMs }
}

const waitInPage = `new Promise((resolve) => { setTimeout(resolve, ${LOOK_EVERY_MS}) })`

function carriedBy(proxy, key) {
  const requests = proxy.exchanges.map((exchange) => ({ exchange, events: readEvents(key, exchange) }))
  const carrying = requests.filter(({ events }) => events.length > 0)
  return {
    events: carrying.flatMap(({ events }) => events),
    requests: carrying.length,
    bytes: carrying.reduce((sum, { exchange }) => sum + exchange.body.length, 0),
  }
}

function summarise({ eachUs, meanUs }) {
  return { medianUs: median(meanUs), p95Us: quantile(eachUs, 0.95), longestUs: Math.max(...eachUs) }
}
