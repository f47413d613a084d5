// Carries batches out and brings the answers home: every event it takes is delivered, dropped for a reason, or put back.
import { addCounts, type Ledger } from '../ledger'
import type { SealedEvent } from '../seal'
import type { DropCounts, DropReason } from '../wire'
import { createFit, writeBatch } from './batch'
import { judge, type Pause, readRefused } from './retry'
import type { Answer, Transport } from './transport'

/** Where events wait. */
export interface Outbox {
  readonly length: number
  readonly bytes: number
  take(fits: (event: SealedEvent) => boolean): SealedEvent[]
  putBack(events: readonly SealedEvent[]): void
}

export interface CourierPorts {
  outbox: Outbox
  ledger: Ledger
  transport: Transport
  pause: Pause
  limits: { maxBatchEvents: number; maxBatchBytes: number; maxEventAgeMs: number }
  wallClock(): number
  explain(sentence: string): void
}

export interface Courier {
  /** Events that are on their way now. */
  readonly inFlight: number
  /** Sends one batch; resolves after its answer was dealt with. */
  send(): Promise<unknown>
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

  function takeBatch(maxEvents: number): SealedEvent[] {
    const oldest = ports.wallClock() - limits.maxEventAgeMs
    const isExpired = (event: SealedEvent) => event.occurredAt < oldest
    const fits = createFit(maxEvents, limits.maxBatchBytes)
    // A clock that was set back puts old events behind younger ones.
    const taken = outbox.take((event) => isExpired(event) || fits(event))
    ledger.drop('expired', taken.filter(isExpired))
    return taken.filter((event) => !isExpired(event))
  }

  /** Whether the browser took them; if not, they are back in the outbox. */
  function dispatch(events: SealedEvent[], isExit: boolean): boolean {
    if (!events.length) return true
    const drops = { ...ledger.untold }
    const sent = transport.send(writeBatch(events, drops, ports.wallClock()), isExit)
    if (!sent) {
      outbox.putBack(events)
      return false
    }
    addCounts(ledger.untold, drops, -1)
    if (sent === 'beacon') ledger.unconfirmed += events.length
    else {
      const flight: Flight = { events, drops, ...sent, settled: sent.answer.then((answer) => settle(flight, answer)) }
      flights.add(flight)
    }
    return true
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
    const { events } = flight
    const verdict = judge(status)
    pause.after(verdict, retryAfter)
    if (verdict === 'done') {
      flights.delete(flight)
      const refused = readRefused(body)
      const rejected = events.filter((_, index) => refused.includes(index))
      ledger.delivered += events.length - rejected.length
      maxBatchEvents = Math.min(limits.maxBatchEvents, maxBatchEvents * 2)
      return ledger.drop('rejected', rejected)
    }
    recall(flight)
    explain(`${events.length} event(s) were answered with ${status || 'nothing'}: ${verdict}.`)
    if (verdict === 'refused') return ledger.drop('rejected', events)
    if (verdict === 'smaller') {
      if (events.length < 2) return ledger.drop('too_large', events)
      maxBatchEvents = Math.floor(events.length / 2)
    }
    outbox.putBack(events)
  }

  const settled = () => Promise.all([...flights].map((flight) => flight.settled))

  return {
    get inFlight() {
      return [...flights].reduce((sum, { events }) => sum + events.length, 0)
    },
    send() {
      dispatch(takeBatch(maxBatchEvents), false)
      return settled()
    },
    sendAtExit() {
      // A request without keepalive may die with the page. Sending twice is safe: the collector stores an id once.
      for (const flight of flights) if (!flight.isKeptAlive) outbox.putBack(recall(flight))
      // What is too large for now may pass in halves.
      for (let maxEvents = maxBatchEvents; outbox.length && maxEvents;) {
        const events = takeBatch(maxEvents)
        if (!dispatch(events, true)) maxEvents = Math.floor(events.length / 2)
      }
    },
    settled,
    discard(reason) {
      ledger.drop(reason, [...[...flights].flatMap(recall), ...outbox.take(() => true)])
    },
  }
}
