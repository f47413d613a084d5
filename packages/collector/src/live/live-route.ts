// GET /v1/live: the feed as server-sent events (WHATWG HTML, 9.2), for few listeners that must not cost ingest anything.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../errors'
import type { LiveFeed } from './live-feed'

export interface LiveRouteDeps {
  feed: LiveFeed
  requireModerator: (request: FastifyRequest) => Promise<void>
  /** Called when the collector ends, with what closes all streams. */
  onEnd: (close: () => void) => void
  maxListeners?: number
  heartbeatMs?: number
  /** A stream ends after this time, so that a token that was revoked meanwhile is asked for again. */
  maxLifeMs?: number
}

const MAX_LISTENERS = 100
/** Proxies cut what is silent for a minute. */
const HEARTBEAT_MS = 15_000
const MAX_LIFE_MS = 900_000
/** A listener that lets so much pile up is cut; it comes back with `Last-Event-ID`. */
const MAX_WAITING_BYTES = 65_536
const RETRY_MS = 2_000

export function registerLiveRoute(scope: FastifyInstance, deps: LiveRouteDeps): void {
  const { feed, maxListeners = MAX_LISTENERS, heartbeatMs = HEARTBEAT_MS, maxLifeMs = MAX_LIFE_MS } = deps
  const streams = new Set<() => void>()
  deps.onEnd(() => {
    for (const end of streams) end()
    feed.close()
  })

  scope.get('/v1/live', { preHandler: deps.requireModerator, exposeHeadRoute: false }, (request, reply) => {
    if (streams.size >= maxListeners) throw new Refusal('too_many_listeners')
    const lastEventId = request.headers['last-event-id']
    const stream = reply.raw
    reply.hijack()
    stream.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      // Otherwise nginx would keep messages until its buffer is full.
      'x-accel-buffering': 'no',
    })

    const write = (text: string): void => {
      if (stream.writableLength > MAX_WAITING_BYTES) stream.destroy()
      else stream.write(text)
    }
    write(`retry: ${RETRY_MS}\n\n`)
    const stopListening = feed.listen(typeof lastEventId === 'string' ? lastEventId : undefined, write)
    const heartbeat = setInterval(() => write(': \n\n'), heartbeatMs)
    const life = setTimeout(end, maxLifeMs)
    streams.add(end)
    stream.once('close', forget)
    // A connection that breaks tells both; only the first matters.
    stream.once('error', forget)

    function end(): void {
      forget()
      stream.end()
    }
    function forget(): void {
      streams.delete(end)
      stopListening()
      clearInterval(heartbeat)
      clearTimeout(life)
    }
  })
}
