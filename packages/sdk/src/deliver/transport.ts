// How one body leaves: fetch with keepalive while the document's budget lasts, fetch without it, or a beacon.
import { attempt } from '../attempt'
import { utf8Length } from '../seal'
import { KEEPALIVE_BUDGET_BYTES, shareKeepaliveBudget } from './budget'

/** Longest time that an answer is waited for, in milliseconds. A hidden page may stand still, so its time is not counted. */
const TIMEOUT_MS = 30_000

export interface Answer {
  /** HTTP status; `0` when no answer came. */
  status: number
  retryAfter: string | null
  body: string
}

export interface Sending {
  /** Resolves in any case, also without an answer. */
  answer: Promise<Answer>
  /** Whether it survives the end of the page. */
  isKeptAlive: boolean
  abort(): void
}

export interface Transport {
  /**
   * At exit only what survives the end of the page is sent, at worst as a beacon, of which nobody will know whether it
   * arrived. Nothing is returned when the browser does not take it.
   */
  send(body: string, isExit: boolean): Sending | 'beacon' | undefined
  /** Stops waiting for answers; what is on its way goes on. */
  close(): void
}

/** Keeps the `fetch` of now: what the page patches later has no part in it. */
export function openTransport(url: string, isHidden: () => boolean): Transport {
  const { fetch } = globalThis
  const budget = shareKeepaliveBudget(globalThis)
  const timers = new Set<ReturnType<typeof setInterval>>()

  return {
    send(body, isExit) {
      const bytes = utf8Length(body)
      const keepalive = budget.inFlightBytes + bytes <= KEEPALIVE_BUDGET_BYTES
      const controller = new AbortController()
      // Missing, or patched and throwing: then there is no response to wait for.
      const response =
        keepalive || !isExit
          ? attempt(() =>
              fetch(url, {
                method: 'POST',
                // A text goes as text/plain, so the request is "simple": no preflight, which a closing page would not survive.
                body,
                keepalive,
                credentials: 'omit',
                signal: controller.signal,
              }),
            )
          : undefined
      if (isExit && !response) return attempt(() => navigator.sendBeacon(url, body)) ? 'beacon' : undefined

      const reservedBytes = keepalive ? bytes : 0
      budget.inFlightBytes += reservedBytes
      const abort = () => controller.abort()
      const timer = setInterval(() => isHidden() || abort(), TIMEOUT_MS)
      timers.add(timer)
      const answer = readAnswer(response).finally(() => {
        clearInterval(timer)
        timers.delete(timer)
        budget.inFlightBytes -= reservedBytes
      })
      return { answer, isKeptAlive: keepalive, abort }
    },
    close() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

/** An answer that breaks off is none: the same events are sent again, and the collector stores an id once. */
async function readAnswer(response: Promise<Response> | undefined): Promise<Answer> {
  try {
    const received = await (response ?? Promise.reject())
    // Always read to its end: Chromium gives the keepalive bytes of an unread response back to nobody.
    return { status: received.status, retryAfter: received.headers.get('Retry-After'), body: await received.text() }
  } catch {
    return { status: 0, retryAfter: null, body: '' }
  }
}
