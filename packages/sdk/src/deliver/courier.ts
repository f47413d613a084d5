// Carries batches out and brings the answers home: every event it takes is delivered, dropped for a reason, or put back.
import { addCounts, type Ledger } from '../ledger'
import type { SealedEvent } from '../seal'
import type { DropCounts, DropReason } from '../wire'
import { type BatchLimits, createFit, writeBatch } from './batch'
import { judge, type Pause, readRefused } from './retry'
import type { Answer, Transport } from './transport'

/** Where events wait. */
export interface Outbox {
  readonly length: number
  readonly bytes: number
  take(fits: (event: SealedEvent, count: number) => boolean): SealedEvent[]
  putBack(events: readonly SealedEvent[]): void
  clear(): SealedEvent[]
}

export interface CourierPorts {
  outbox: Outbox
  ledger: Ledger
  transport: Transport
  pause: Pause
  limits: BatchLimits & { maxEventAgeMs: number }
  wallClock(): number
  explain(sentence: string): void
}

export interface Courier {
  /** Events that are on their way now. */
  readonly inFlight: number
  /** Sends one batch; resolves with the number of events in it after its answer was dealt with. */
  send(): Promise<number> | undefined
  /** Sends everything in this very task, in ways that outlive the page. What no way takes stays in the outbox. */
  sendAtExit(): void
  /** Resolves when nothing is on its way. */
  settled(): Promise<unknown>
  /** Drops what waits and what is on its way. */
  discard(reason: DropReason): void
}

interface Flight {
  events: SealedEvent[]
  drops: DropCounts
  isKeptAlive: boolean
  abort(): void
  settled: Promise<void>
}

export function createCourier(ports: CourierPorts): Courier {
  const { outbox, ledger, transport, pause, limits, explain } = ports
  const flights = new Set<Flight>()
  let { maxBatchEvents } = limits

  function takeBatch(): SealedEvent[] {
    const oldest = ports.wallClock() - limits.maxEventAgeMs
    const fits = createFit({ ...limits, maxBatchEvents })
    const isExpired = (event: SealedEvent) => event.occurredAt < oldest
    ledger.drop(
      'expired',
      outbox.take((event) => isExpired(event)),
    )
    const taken = outbox.take(fits)
    // A clock that was set back puts old events behind younger ones.
    ledger.drop('expired', taken.filter(isExpired))
    return taken.filter((event) => !isExpired(event))
  }

  /** Sends one body with the drops that nobody was told; when it does not leave, they stay untold. */
  function tell<Result>(events: SealedEvent[], send: (body: string) => Result): { drops: DropCounts; sent: Result } {
    const drops = { ...ledger.untold }
    const sent = send(writeBatch(events, drops, ports.wallClock()))
    if (sent) addCounts(ledger.untold, drops, -1)
    return { drops, sent }
  }

  function dispatch(events: SealedEvent[], isExit: boolean): Flight | undefined {
    const { drops, sent } = tell(events, (body) => transport.send(body, isExit))
    if (!sent) return undefined
    const flight: Flight = { events, drops, ...sent, settled: sent.answer.then((answer) => settle(flight, answer)) }
    flights.add(flight)
    return flight
  }

  /** Nobody has got it: its events and its drops are ours again. */
  function recall(flight: Flight): SealedEvent[] {
    flights.delete(flight)
    flight.abort()
    addCounts(ledger.untold, flight.drops)
    return flight.events
  }

  function settle(flight: Flight, { status, body, retryAfter }: Answer): void {
    if (!flights.has(flight)) return
    const verdict = judge(status)
    pause.after(verdict, retryAfter)
    if (verdict === 'done') {
      const refused = readRefused(body)
      const rejected = flight.events.filter((_, index) => refused.includes(index))
      flights.delete(flight)
      ledger.delivered += flight.events.length - rejected.length
      ledger.drop('rejected', rejected)
      maxBatchEvents = Math.min(limits.maxBatchEvents, maxBatchEvents * 2)
      return
    }
    const events = recall(flight)
    const isTooLarge = verdict === 'smaller' && events.length < 2
    explain(`${events.length} event(s) were answered with ${status || 'nothing'}: ${verdict}.`)
    if (verdict === 'refused' || isTooLarge) return ledger.drop(isTooLarge ? 'too_large' : 'rejected', events)
    if (verdict === 'smaller') maxBatchEvents = Math.floor(events.length / 2)
    outbox.putBack(events)
  }

  /** Returns what the browser did not take. A beacon that is too large for now may pass in halves. */
  function sendBeacons(events: SealedEvent[]): SealedEvent[] {
    if (tell(events, transport.sendBeacon).sent) {
      ledger.unconfirmed += events.length
      return []
    }
    if (events.length < 2) return events
    const middle = Math.ceil(events.length / 2)
    const refused = sendBeacons(events.slice(0, middle))
    const rest = events.slice(middle)
    return refused.length ? [...refused, ...rest] : sendBeacons(rest)
  }

  return {
    get inFlight() {
      let count = 0
      for (const { events } of flights) count += events.length
      return count
    },
    send() {
      const events = takeBatch()
      return events.length ? dispatch(events, false)?.settled.then(() => events.length) : undefined
    },
    sendAtExit() {
      // A request without keepalive may die with the page. Sending twice is safe: the collector stores an id once.
      for (const flight of flights) if (!flight.isKeptAlive) outbox.putBack(recall(flight))
      while (outbox.length) {
        const events = takeBatch()
        const refused = dispatch(events, true) ? [] : sendBeacons(events)
        if (refused.length) return outbox.putBack(refused)
      }
    },
    settled: () => Promise.all([...flights].map((flight) => flight.settled)),
    discard(reason) {
      ledger.drop(reason, outbox.clear())
      for (const flight of flights) ledger.drop(reason, recall(flight))
    },
  }
}
