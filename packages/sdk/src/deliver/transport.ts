// How one body leaves: fetch with keepalive while the document's budget lasts, fetch without it, or a beacon.
import { utf8Length } from '../seal'
import { shareKeepaliveBudget } from './budget'

/** Longest time that an answer is waited for, in milliseconds. A hidden page may stand still, so its time is not counted. */
const TIMEOUT_MS = 30_000

// text/plain keeps the request "simple": no preflight, which a closing page would not survive.
const CONTENT_TYPE = 'text/plain;charset=UTF-8'

export interface Answer {
  /** HTTP status; `0` when no answer came. */
  status: number
  retryAfter: string | null
  /** Empty when it could not be read. */
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
  /** At exit only what survives the end of the page is sent; nothing is returned when that is not possible. */
  send(body: string, isExit: boolean): Sending | undefined
  /** Whether the browser took it. Nobody will know whether it arrived. */
  sendBeacon(body: string): boolean
  /** Stops waiting for answers; what is on its way goes on. */
  close(): void
}

/** Keeps the `fetch` of now: what the page patches later has no part in it. */
export function openTransport(url: string, isHidden: () => boolean): Transport {
  const fetch = globalThis.fetch as typeof globalThis.fetch | undefined
  const budget = shareKeepaliveBudget(globalThis)
  const timers = new Set<ReturnType<typeof setInterval>>()

  /** Calls `giveUp` when the time is over; returns how to stop that. */
  function limitTime(giveUp: () => void): () => void {
    const timer = setInterval(() => {
      if (!isHidden()) giveUp()
    }, TIMEOUT_MS)
    timers.add(timer)
    return () => {
      clearInterval(timer)
      timers.delete(timer)
    }
  }

  async function exchange(body: string, keepalive: boolean, signal: AbortSignal): Promise<Answer> {
    try {
      const response = await fetch!(url, {
        method: 'POST',
        body,
        keepalive,
        headers: { 'Content-Type': CONTENT_TYPE },
        credentials: 'omit',
        signal,
      })
      const { status, headers } = response
      // Always read to its end: Chromium gives the keepalive bytes of an unread response back to nobody.
      const text = await response.text().catch(() => '')
      return { status, retryAfter: headers.get('Retry-After'), body: text }
    } catch {
      return { status: 0, retryAfter: null, body: '' }
    }
  }

  return {
    send(body, isExit) {
      const bytes = utf8Length(body)
      const isKeptAlive = budget.reserve(bytes)
      if (isExit && !(isKeptAlive && fetch)) {
        if (isKeptAlive) budget.release(bytes)
        return undefined
      }
      const controller = new AbortController()
      const abort = () => controller.abort()
      const stop = limitTime(abort)
      const answer = exchange(body, isKeptAlive, controller.signal).finally(() => {
        stop()
        if (isKeptAlive) budget.release(bytes)
      })
      return { answer, isKeptAlive, abort }
    },
    sendBeacon(body) {
      try {
        return navigator.sendBeacon(url, body)
      } catch {
        return false
      }
    },
    close() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
