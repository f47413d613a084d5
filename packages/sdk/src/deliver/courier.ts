// Carries batches out and brings the answers home: every event it takes is delivered, dropped for a reason, or put back.
import { addCounts, type Ledger } from '../ledger'
import { parseJson, type SealedEvent, utf8Length } from '../seal'
import { type Batch, type DropCounts, type DropReason, wireLimits } from '../wire'
import { createFit, type Envelope, type Fit, writeBatch } from './batch'
import { KEEPALIVE_BUDGET_BYTES } from './budget'
import { judge, type Pause, readRefused } from './retry'
import type { Transport, TransportAnswer } from './transport'

/** Where events wait. */
export interface Outbox {
  readonly length: number
  readonly bytes: number
  take(fits: Fit): SealedEvent[]
  putBack(events: readonly SealedEvent[]): void
}

export interface CourierPorts {
  url: string
  outbox: Outbox
  ledger: Ledger
  transport: Transport
  pause: Pause
  limits: { maxBatchEvents: number; maxBatchBytes: number; maxEventAgeMs: number }
  wallClock(): number
  /** What a request says about its sender. */
  describe(): Envelope
  /** Another shape of body; `null` sends nothing. */
  encode?: ((batch: Batch) => string | Blob | null) | undefined
  /** Gets another token, if there can be one. */
  renewToken(): boolean
  /** What is put back lives on without the page. */
  isLasting(): boolean
  guard<Result>(act: () => Result): Result | undefined
  explain(sentence: string): void
}

export interface Courier {
  /** Events that are on their way now. */
  readonly inFlight: number
  /** Events in beacons, whose answers nobody gets. */
  readonly unconfirmed: number
  /** Sends one batch; resolves after its answer was dealt with. */
  send(): Promise<unknown>
  /** Sends everything in this very task, in ways that outlive the page. What no way takes stays in the outbox. */
  sendAtExit(): void
  /** Nothing came of the exit: what is unconfirmed goes out once more, and a collector stores it once. */
  recallBeacons(): void
  /** Leaves with the browser what is open, for the end of the page. */
  defer(): (() => void) | undefined
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
  const { url, outbox, ledger, transport, pause, limits, encode, explain } = ports
  const flights = new Set<Flight>()
  let beacons: SealedEvent[] = []
  let { maxBatchEvents } = limits
  /** Requests in a row that nobody answered. */
  let silences = 0
  /** An event that was alone in a request that nobody answered, and whether others were answered since. */
  let suspect: SealedEvent | undefined
  let isOnlyOne = false
  let isTokenNew = false

  function write(events: readonly SealedEvent[]): string {
    const drops = Object.keys(ledger.untold).length ? ledger.untold : undefined
    return writeBatch(events, { sentAt: ports.wallClock(), ...ports.describe(), drops })
  }

  const encoded = (text: string) => (encode ? encode(parseJson(text) as Batch) : text)

  const createBatchFit = (maxEvents: number, maxBytes: number) => createFit(maxEvents, maxBytes, utf8Length(write([])))

  function takeBatch(maxEvents: number): SealedEvent[] {
    const oldest = ports.wallClock() - limits.maxEventAgeMs
    const isExpired = (event: SealedEvent) => event.occurredAt < oldest
    // As long as nobody knows whether it is the event or the network, another one goes first.
    const skipped = outbox.take((event) => event === suspect && !isOnlyOne)
    const fits = createBatchFit(maxEvents, limits.maxBatchBytes)
    // A clock that was set back puts old events behind younger ones.
    const taken = outbox.take((event) => isExpired(event) || fits(event))
    if (taken.length) outbox.putBack(skipped)
    else taken.push(...skipped)
    ledger.decide(taken.filter(isExpired), 'expired')
    return taken.filter((event) => !isExpired(event))
  }

  /** Whether the browser took them; if not, they are back in the outbox. */
  function dispatch(events: SealedEvent[], isExit: boolean): boolean {
    if (!events.length) return true
    const drops = { ...ledger.untold }
    const body = ports.guard(() => encoded(write(events)))
    if (!body) {
      ledger.decide(events, body === null ? undefined : 'invalid')
      return true
    }
    const sent = transport.send({ url, body, isExit }, silences > 0)
    if (!sent) {
      outbox.putBack(events)
      return false
    }
    addCounts(ledger.untold, drops, -1)
    if (sent === 'beacon') beacons.push(...events)
    else {
      const settled = sent.answer.then((answer) => ports.guard(() => settle(flight, answer)))
      const flight: Flight = { events, drops, ...sent, settled }
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

  function settle(flight: Flight, { status, body, retryAfter }: TransportAnswer): void {
    // First of all: what breaks here must not be waited for, again and again.
    if (!flights.delete(flight)) return
    const { events } = flight
    const [first, second] = events
    let verdict = judge(status)
    let reason: DropReason | undefined
    silences = status ? 0 : silences + 1
    if (verdict === 'smaller' && !second) reason = 'too_large'
    if (verdict === 'refused' || (!status && !second && first === suspect && isOnlyOne)) reason = 'rejected'
    if (reason) verdict = 'refused'
    isTokenNew = verdict === 'hold' && !isTokenNew && ports.renewToken()
    if (!isTokenNew) pause.after(verdict, status, retryAfter)

    if (verdict === 'done') {
      isOnlyOne = true
      maxBatchEvents = Math.min(limits.maxBatchEvents, maxBatchEvents * 2)
      const refused = readRefused(body)
      ledger.decide(events.filter((_, index) => !refused.includes(index)))
      ledger.decide(
        events.filter((_, index) => refused.includes(index)),
        'rejected',
      )
      return
    }
    recall(flight)
    explain(`${events.length} event(s) were answered with ${status || 'nothing'}: ${verdict}.`)
    if (reason) return ledger.decide(events, reason)
    // Too large, or never answered: one of them may be what a filter on the way does not let pass.
    if (verdict === 'smaller' || silences > 1) {
      maxBatchEvents = Math.ceil(events.length / 2)
      if (!second && suspect !== first) {
        suspect = first
        isOnlyOne = false
      }
    }
    outbox.putBack(events)
  }

  /** While the server is in trouble, one request at exit is enough for what is kept anyway. */
  const isEnough = () => pause.failures && ports.isLasting() && flights.size + beacons.length

  const settled = () => Promise.all([...flights].map((flight) => flight.settled))

  return {
    get inFlight() {
      return [...flights].reduce((sum, { events }) => sum + events.length, 0)
    },
    get unconfirmed() {
      return beacons.length
    },
    send() {
      dispatch(takeBatch(maxBatchEvents), false)
      return settled()
    },
    sendAtExit() {
      // A request without keepalive may die with the page. Sending twice is safe: the collector stores an id once.
      for (const flight of flights) if (!flight.isKeptAlive) outbox.putBack(recall(flight))
      // What is too large for now may pass in halves.
      for (let maxEvents = maxBatchEvents; outbox.length && maxEvents && !isEnough();) {
        const events = takeBatch(maxEvents)
        if (!dispatch(events, true)) maxEvents = Math.floor(events.length / 2)
      }
    },
    recallBeacons() {
      const recalled = beacons
      beacons = []
      outbox.putBack(recalled)
    },
    defer() {
      const fits = createBatchFit(wireLimits.maxBatchEvents, KEEPALIVE_BUDGET_BYTES)
      const flying = [...flights].flatMap(({ events }) => events).filter(fits)
      const waiting = outbox.take(fits)
      outbox.putBack(waiting)
      const body = ports.guard(() => encoded(write([...flying, ...waiting])))
      return body ? transport.defer(body) : undefined
    },
    settled,
    discard(reason) {
      ledger.decide([...beacons, ...[...flights].flatMap(recall), ...outbox.take(() => true)], reason)
      beacons = []
    },
  }
}
