// Visitors who send a batch until it is acknowledged, as the SDK does, and who keep a list of what was acknowledged.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBodies } from '../ingest/events.mjs'

const LONGEST_ANSWER_MS = 15_000
const BATCHES_MADE_AT_ONCE = 40

/** Sends one body; resolves to its answer, or to status 0 when none came. */
export function post(port, body, agent, headers = {}) {
  return new Promise((resolve) => {
    const sending = request({
      port,
      host: '127.0.0.1',
      path: '/v1/events',
      method: 'POST',
      agent,
      timeout: LONGEST_ANSWER_MS,
      headers: {
        'content-type': 'text/plain;charset=UTF-8',
        'content-length': body.length,
        origin: 'http://site.test',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0',
        ...headers,
      },
    })
    sending.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
      response.on('error', () => resolve({ status: 0, headers: {}, text: '' }))
    })
    sending.on('timeout', () => sending.destroy())
    sending.on('error', () => resolve({ status: 0, headers: {}, text: '' }))
    sending.end(body)
  })
}

/**
 * @param portOf the collector's port, which changes when it is started again
 * @param waitsAsTold whether a sender waits for `Retry-After`, or comes back soon
 */
export function startSenders({ portOf, count, batch, seed, random, replayShare = 0.05, waitsAsTold = false }) {
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  const acknowledged = new Set()
  const totals = { batches: 0, retries: 0, replays: 0, tracked: 0, duplicates: 0 }
  /** What a collector may never do, with the first example of each. */
  const faults = new Map()
  /** Milliseconds since the start, status and events of each answer. */
  const answers = []
  let nextSeed = seed
  let isOver = false

  const blame = (what, example) => {
    const known = faults.get(what)
    if (known) known.count++
    else faults.set(what, { count: 1, example })
  }

  async function deliver(body, ids) {
    for (let attempt = 0; ; attempt++) {
      const { status, headers, text } = await post(portOf(), body, agent)
      answers.push({ at: performance.now(), status, events: status === 200 ? ids.length : 0 })
      if (status === 200) {
        const { tracked, duplicates, errors } = JSON.parse(text)
        totals.tracked += tracked
        totals.duplicates += duplicates
        if (tracked + duplicates !== ids.length) blame('an event without a verdict', text)
        if (attempt === 0 && errors.length > 0) blame('a good event refused', text)
        for (const id of ids) acknowledged.add(id)
        return true
      }
      if (status !== 0 && status !== 503) blame(`status ${status}`, text)
      if (status === 503 && headers['retry-after'] === undefined) blame('503 without Retry-After', text)
      if (status === 503 && headers['access-control-allow-origin'] !== '*') blame('503 without CORS', text)
      if (isOver) return false
      totals.retries++
      const toldMs = Number(headers['retry-after'] ?? 0) * 1_000
      await sleep(waitsAsTold && toldMs > 0 ? toldMs : 20 + random() * 80)
    }
  }

  async function send() {
    for (;;) {
      for (const body of createBodies(BATCHES_MADE_AT_ONCE * batch, batch, nextSeed++)) {
        if (isOver) return
        const ids = JSON.parse(body.toString()).events.map(({ id }) => id)
        if (!(await deliver(body, ids))) return
        totals.batches++
        if (random() >= replayShare) continue
        totals.replays++
        await deliver(body, ids)
      }
    }
  }

  const running = Array.from({ length: count }, send)
  return {
    acknowledged,
    totals,
    faults,
    answers,
    async stop() {
      isOver = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}
