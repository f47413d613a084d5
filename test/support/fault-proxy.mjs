// Everything that can happen between a page and its collector: each request passes here, and is forwarded, refused, held or
// cut. Plain JavaScript, because the benchmarks use it without a build; its types are beside it.
import { createServer, request as ask } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** Kinds of faults. Each call makes a fresh one, which counts for itself; preflights count for none. */
export const faults = {
  none: () => () => ({}),

  // A broken gateway knows nothing of CORS: with `cors: false` the page cannot read the answer and sees a failed request.
  status(status, { times = Infinity, cors = true } = {}) {
    let left = times
    return () => (left-- > 0 ? { isForwarded: false, status, cors } : {})
  },

  tooMany(seconds) {
    let until = Infinity
    return () => {
      const now = Date.now()
      until = Math.min(until, now + seconds * 1_000)
      return now < until ? { isForwarded: false, status: 429, headers: { 'retry-after': String(seconds) } } : {}
    }
  },

  blackHole: () => () => ({ isForwarded: false, isHeld: true }),

  replyCut({ times = Infinity } = {}) {
    let left = times
    return () => (left-- > 0 ? { isCut: true } : {})
  },

  cut({ times = Infinity } = {}) {
    let left = times
    return () => (left-- > 0 ? { isForwarded: false, isCut: true } : {})
  },

  slow: (delayMs) => () => ({ delayMs }),

  longAnswers: (bytes) => () => ({ padToBytes: bytes }),
}

/** Listens on a port of its own, in front of `collectorOrigin`. Starts without a fault. */
export async function openFaultProxy(collectorOrigin) {
  const exchanges = []
  let decide = faults.none()
  let port = 0

  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request
    const exchange = { method, path, headers, body: Buffer.alloc(0), at: Date.now(), isForwarded: false }
    try {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      exchange.body = Buffer.concat(chunks)
      exchanges.push(exchange)
      await pass(exchange, response)
    } catch {
      // The page went away in the middle of its request, or the collector has closed: the page sees a cut either way.
      response.destroy()
    }
  })

  async function pass(exchange, response) {
    const isPreflight = exchange.method === 'OPTIONS'
    const {
      isForwarded = true,
      isHeld,
      isCut,
      status,
      cors = true,
      delayMs,
      padToBytes = 0,
      ...own
    } = isPreflight ? {} : decide(exchange)
    let answer = { status, headers: { ...(cors && corsOf(exchange)), ...own.headers }, body: Buffer.alloc(0) }
    if (isForwarded) {
      exchange.isForwarded = true
      answer = await forward(collectorOrigin, exchange)
    }
    if (isHeld) return
    if (delayMs) await wait(delayMs)
    if (isCut) return void response.destroy()
    exchange.status = answer.status
    const body = Buffer.concat([answer.body, Buffer.alloc(Math.max(0, padToBytes - answer.body.length), ' ')])
    // Chromium repeats a request by itself when a connection that was used before ends: each request gets a fresh one.
    response.writeHead(answer.status, { ...answer.headers, connection: 'close', 'content-length': body.length })
    response.end(body)
  }

  const listen = () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))

  const stopListening = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })

  await listen()
  port = server.address().port

  return {
    origin: `http://127.0.0.1:${port}`,
    exchanges,
    begin(fault) {
      decide = fault
    },
    end() {
      decide = faults.none()
    },
    goDown: stopListening,
    comeUp: listen,
    close: stopListening,
  }
}

/** As the collector's own answers; with credentials, as beacons have them, a browser wants the origin by name. */
function corsOf({ headers }) {
  return {
    'access-control-allow-origin': headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after',
  }
}

function forward(collectorOrigin, { method, path, headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = ask(new URL(path, collectorOrigin), { method, headers, agent: false }, async (incoming) => {
      try {
        const chunks = []
        for await (const chunk of incoming) chunks.push(chunk)
        const { 'transfer-encoding': _chunked, ...kept } = incoming.headers
        resolve({ status: incoming.statusCode, headers: kept, body: Buffer.concat(chunks) })
      } catch (error) {
        reject(error)
      }
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
