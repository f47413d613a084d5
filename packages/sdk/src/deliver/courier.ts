// Carries batches out and brings the answers home: every event it takes is delivered, dropped for a reason, or put back.
import { addCounts, type Ledger } from '../ledger'
import { parseJson, type SealedEvent, utf8Length } from '../seal'
import { type Batch, type DropCounts, type DropReason, wireLimits } from '../wire'
import { createFit, type Envelope, writeBatch } from './batch'
import { KEEPALIVE_BUDGET_BYTES } from './budget'
import { judge, type Pause, readRefused } from './retry'
import type { Transport, TransportAnswer } from './transport'

export interface CourierPorts {
  url: string
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
  /** Requests without an answer. */
  readonly flights: ReadonlySet<unknown>
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
  const { url, ledger, transport, pause, limits, encode, explain } = ports
  const { stats, untold, list, move } = ledger
  const flights = new Set<Flight>()
  let { maxBatchEvents } = limits
  /** Requests in a row that nobody answered. */
  let silences = 0
  /** An event that was alone in a request that nobody answered, and whether others were answered since. */
  let suspect: SealedEvent | undefined
  let isOnlyOne = false
  let isTokenNew = false

  function write(events: readonly SealedEvent[]): string {
    const drops = Object.keys(untold).length ? untold : undefined
    return writeBatch(events, { sentAt: ports.wallClock(), ...ports.describe(), drops })
  }

  const encoded = (events: readonly SealedEvent[]) =>
    ports.guard(() => (encode ? encode(parseJson(write(events)) as Batch) : write(events)))

  const createBatchFit = (maxEvents: number, maxBytes: number) => createFit(maxEvents, maxBytes, utf8Length(write([])))

  function takeBatch(maxEvents: number): SealedEvent[] {
    const oldest = ports.wallClock() - limits.maxEventAgeMs
    move(
      list('queued').filter(({ occurredAt }) => occurredAt < oldest),
      'expired',
    )
    const waiting = list('queued')
    // As long as nobody knows whether it is the event or the network, another one goes first.
    const others = waiting.filter((event) => event !== suspect || isOnlyOne)
    const batch = (others.length ? others : waiting).filter(createBatchFit(maxEvents, limits.maxBatchBytes))
    move(batch, 'inFlight')
    return batch
  }

  /** Whether the browser took them; if not, they wait again. */
  function dispatch(events: SealedEvent[], isExit: boolean): boolean {
    if (!events.length) return true
    const drops = { ...untold }
    const body = encoded(events)
    if (!body) {
      move(events, body === null ? 'delivered' : 'invalid')
      return true
    }
    const sent = transport.send({ url, body, isExit }, silences > 0)
    if (!sent) {
      move(events, 'queued')
      return false
    }
    addCounts(untold, drops, -1)
    if (sent === 'beacon') move(events, 'unconfirmed')
    else {
      const settled = sent.answer.then((answer) => arrive(flight, answer))
      const flight: Flight = { events, drops, ...sent, settled }
      flights.add(flight)
    }
    return true
  }

  /** Nobody has got it: its events and its drops are ours again. */
  function recall(flight: Flight): void {
    flights.delete(flight)
    flight.abort()
    addCounts(untold, flight.drops)
    move(flight.events, 'queued')
  }

  function arrive(flight: Flight, answer: TransportAnswer): void {
    // First of all: what breaks here must not be waited for, again and again.
    if (!flights.delete(flight)) return
    // Where the page breaks even this, nobody knows more than that no answer came.
    if (!ports.guard(() => settle(flight, answer))) pause.after('again', 0)
    // What was not decided.
    move(flight.events, 'queued')
  }

  /** @returns `true`, so that an exception is nothing */
  function settle({ events, drops }: Flight, { status, body, retryAfter }: TransportAnswer): boolean {
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
      move(
        events.filter((_, index) => refused.includes(index)),
        'rejected',
      )
      move(events, 'delivered')
      return true
    }
    addCounts(untold, drops)
    explain(`${events.length} event(s) were answered with ${status || 'nothing'}: ${verdict}.`)
    if (reason) move(events, reason)
    // Too large, or never answered: one of them may be what a filter on the way does not let pass.
    else if (verdict === 'smaller' || silences > 1) {
      maxBatchEvents = Math.ceil(events.length / 2)
      if (!second && suspect !== first) {
        suspect = first
        isOnlyOne = false
      }
    }
    return true
  }

  /** While the server is in trouble, one request at exit is enough for what is kept anyway. */
  const isEnough = () => pause.failures && ports.isLasting() && stats.inFlight + stats.unconfirmed

  const settled = () => Promise.all([...flights].map((flight) => flight.settled))

  return {
    flights,
    send() {
      dispatch(takeBatch(maxBatchEvents), false)
      return settled()
    },
    sendAtExit() {
      // A request without keepalive may die with the page. Sending twice is safe: the collector stores an id once.
      for (const flight of flights) if (!flight.isKeptAlive) recall(flight)
      // What is too large for now may pass in halves.
      for (let maxEvents = maxBatchEvents; stats.queued && maxEvents && !isEnough();) {
        const events = takeBatch(maxEvents)
        if (!dispatch(events, true)) maxEvents = Math.floor(events.length / 2)
      }
    },
    recallBeacons: () => move(list('unconfirmed'), 'queued'),
    defer() {
      const fits = createBatchFit(wireLimits.maxBatchEvents, KEEPALIVE_BUDGET_BYTES)
      const body = encoded([...list('inFlight'), ...list('queued')].filter(fits))
      return body ? transport.defer(body) : undefined
    },
    settled,
    discard(reason) {
      flights.forEach(recall)
      move(list(), reason)
    },
  }
}
