// How one body leaves: fetch with keepalive while the document's budget lasts, fetch without it, or a beacon.
import { attempt } from '../attempt'
import { utf8Length } from '../seal'
import { KEEPALIVE_BUDGET_BYTES, shareKeepaliveBudget } from './budget'

/** Longest time that an answer is waited for, in milliseconds. A hidden page may stand still, so its time is not counted. */
const TIMEOUT_MS = 30_000

export interface TransportRequest {
  url: string
  body: string | Blob
  /** The page goes away: what is not on its way at the end of this task is too late. */
  isExit: boolean
}

export interface TransportAnswer {
  /** HTTP status; `0` when no answer came. */
  status: number
  /** The header of that name: seconds or a date. */
  retryAfter?: string | null | undefined
  /** Text of the answer. */
  body?: string | undefined
}

/** A way of your own to the collector. */
export interface TrackerTransport {
  send(request: TransportRequest): Promise<TransportAnswer>
  /** Synchronous, for a page that goes away: whether the request was taken. Without it `send` is called there too. */
  sendAtExit?(request: TransportRequest): boolean
}

export interface Sending {
  /** Resolves in any case, also without an answer. */
  answer: Promise<TransportAnswer>
  /** Whether it survives the end of the page. */
  isKeptAlive: boolean
  abort(): void
}

export interface Transport {
  /**
   * At exit only what survives the end of the page is sent, at worst as a beacon, of which nobody will know whether it
   * arrived. Nothing is returned when the browser does not take it. `isDoubtful`: without keepalive.
   */
  send(request: TransportRequest, isDoubtful?: boolean): Sending | 'beacon' | undefined
  /** Has the browser send it when the page ends, also by a crash. Takes it back when called; nothing where it cannot. */
  defer(body: string | Blob): (() => void) | undefined
  /** Stops waiting for answers; what is on its way goes on. */
  close(): void
}

interface FetchLater {
  fetchLater?(url: string, init: RequestInit): unknown
}

/** Keeps the `fetch` of now: what the page patches later has no part in it. */
export function openTransport(
  url: string,
  credentials: RequestCredentials,
  own: TrackerTransport | undefined,
  isHidden: () => boolean,
): Transport {
  const { fetch, fetchLater } = globalThis as typeof globalThis & FetchLater
  const budget = shareKeepaliveBudget(globalThis)
  const timers = new Set<ReturnType<typeof setInterval>>()
  // A text goes as text/plain, so the request is "simple": no preflight, which a closing page would not survive.
  const describe = (body: string | Blob, { signal }: AbortController, keepalive?: boolean): RequestInit => ({
    method: 'POST',
    body,
    credentials,
    signal,
    ...(keepalive && { keepalive }),
  })

  return {
    send(request, isDoubtful) {
      const { body, isExit } = request
      const bytes = typeof body === 'string' ? utf8Length(body) : body.size
      const keepalive = !own && !(isDoubtful && !isExit) && budget.inFlightBytes + bytes <= KEEPALIVE_BUDGET_BYTES
      const controller = new AbortController()
      // Missing, or patched and throwing: then there is no response to wait for.
      const response = attempt(() => {
        if (own) return isExit && own.sendAtExit ? undefined : own.send(request)
        return keepalive || !isExit ? fetch(url, describe(body, controller, keepalive)).then(readAnswer) : undefined
      })
      if (isExit && !response) {
        const isTaken = attempt(() => (own ? own.sendAtExit!(request) : navigator.sendBeacon(url, body)))
        return isTaken ? 'beacon' : undefined
      }

      let abort!: () => void
      const timer = setInterval(() => isHidden() || abort(), TIMEOUT_MS)
      timers.add(timer)
      const reservedBytes = keepalive ? bytes : 0
      budget.inFlightBytes += reservedBytes
      const answer = new Promise<TransportAnswer>((resolve) => {
        abort = () => {
          controller.abort()
          resolve({ status: 0 })
        }
        const arrived = (received?: TransportAnswer) => (received?.status ? resolve(received) : abort())
        Promise.resolve(response).then(arrived, abort)
      }).finally(() => {
        clearInterval(timer)
        timers.delete(timer)
        budget.inFlightBytes -= reservedBytes
      })
      return { answer, isKeptAlive: isExit || keepalive, abort }
    },
    defer(body) {
      const controller = new AbortController()
      return !own && attempt(() => fetchLater?.(url, describe(body, controller))) ? () => controller.abort() : undefined
    },
    close() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

/** An answer that breaks off is none: the same events are sent again, and the collector stores an id once. */
async function readAnswer(response: Response): Promise<TransportAnswer> {
  // Always read to its end: Chromium gives the keepalive bytes of an unread response back to nobody.
  const body = await response.text()
  return { status: response.status, retryAfter: response.headers.get('Retry-After'), body }
}
