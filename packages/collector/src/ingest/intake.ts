// What every route that takes events has in common: who sends, how much they may send, the site's rules, the commit.
import type { Batch, EventError, WireEvent } from '@sightline/sdk/wire'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentKey, NO_CONTENT_KEY } from '../content-key'
import { Refusal, toRefusal } from '../errors'
import { refuseEncoded } from '../safe-json'
import type { SiteClock } from '../site-clock'
import { createClientKinds, MAX_USER_AGENT_LENGTH } from './client-kind'
import type { Committer } from './committer'
import { createDecide, type ContentRule, type DecideRules, type LeftOut } from './decide'
import { enrich, type EventRow, type Sender } from './enrich'
import { needsStripping, pageAddress } from './page-address'
import { createRateLimiter } from './rate-limit'
import type { ReadBatch, ReadLimits } from './read-batch'
import type { Tally } from './outcomes'

export interface IntakeSettings extends DecideRules, ReadLimits {
  maxBatchBytes: number
  maxAdminBatchBytes: number
  maxAdminBatchEvents: number
  /** Sites whose pages may send; empty allows every site. */
  allowedOrigins: readonly string[]
  trustProxy: readonly string[]
  respectGpc: boolean
  respectDnt: boolean
  pageQueryParams: readonly string[]
  networkEventsPerSecond: number
  networkBurstEvents: number
  collectorEventsPerSecond: number
}

/** Who sent a request, as far as ingest cares. */
interface Caller {
  readonly kind: 'anonymous' | 'admin' | 'user'
  readonly userId?: string
}

export interface IntakeDeps {
  clock: SiteClock
  committer: Committer
  settings: IntakeSettings
  /** Who calls, by header or by the batch's token; refuses a token that is not valid. */
  identify: (credentials: {
    authorization: string | undefined
    bodyToken?: string | undefined
    address: string
  }) => Promise<Caller>
  viewerKey: (viewer: {
    userId?: string | undefined
    anonymousId?: string | undefined
    address: string
    userAgent: string
  }) => Promise<string>
  /** The part of an address that one household or company shares. */
  networkOf: (address: string) => string
  countryOf: (question: {
    address: string
    peerAddress: string | undefined
    headers: FastifyRequest['headers']
  }) => string | undefined
  /** What a viewer asked for: to be left out from now on, or to be forgotten with everything until a time. */
  objectionOf: (viewerKey: string) => Promise<{ isOptedOut: boolean; erasedUntilMs: number }>
  /** What the catalogue says, by content key. */
  contentRules: (contentKeys: readonly string[]) => Promise<ReadonlyMap<string, ContentRule>>
  /** Throws a refusal while the database has not been reached yet. */
  assertStarted: () => void
  now: () => number
}

/** What became of the events of one request. */
export interface Taken {
  tracked: number
  duplicates: number
  /** Left out by a rule, by reason. */
  dropped: Record<string, number>
  errors: EventError[]
  /** What was stored or known already; `counted` and `flags` are final. */
  rows: readonly EventRow[]
}

export interface Intake {
  /** Before the body is read: origin, encoding, the token of the header, and networks that sent too much. */
  admit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  /** What this request may bring. Server programs with an admin token may bring more than browsers. */
  limitsOf: (request: FastifyRequest) => ReadLimits & { maxBatchBytes: number }
  /** Judges and stores what was read; resolves after the commit. */
  take: (request: FastifyRequest, batch: ReadBatch, bytes: number) => Promise<Taken>
  /** Counts a request that was refused as a whole, by reason; as one event when its events were not read. */
  countRefusal: (error: unknown) => void
}

/** Events without a viewer: the browser asked not to be followed. */
const NO_VIEWER_KEY = '0'
const MS_PER_SECOND = 1_000

const UNSTORABLE = {
  code: 'unstorable',
  message: 'The database refused this event. It was put aside for the people who run the collector.',
}
const UNKNOWN_CONTENT = {
  code: 'unknown_content',
  message: 'Expected content that is registered in the catalogue, got one that is not.',
}

export function createIntake(deps: IntakeDeps): Intake {
  const { clock, committer, settings, now } = deps
  const clientOf = createClientKinds()
  const ofNetwork = createRateLimiter(
    { perSecond: settings.networkEventsPerSecond, burst: settings.networkBurstEvents },
    now,
  )
  // A second's worth at once.
  const ofCollector = createRateLimiter(
    { perSecond: settings.collectorEventsPerSecond, burst: settings.collectorEventsPerSecond },
    now,
  )
  const browserLimits = settings
  const adminLimits = {
    maxBatchBytes: settings.maxAdminBatchBytes,
    maxBatchEvents: settings.maxAdminBatchEvents,
    maxEventBytes: settings.maxEventBytes,
  }
  const callers = new WeakMap<FastifyRequest, Caller>()
  const isAdmin = (request: FastifyRequest) => callers.get(request)?.kind === 'admin'
  const limitsOf = (request: FastifyRequest) => (isAdmin(request) ? adminLimits : browserLimits)
  let hasWarned = settings.trustProxy.length > 0

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.header('cache-control', 'no-store')
    const { authorization, origin } = request.headers
    checkOrigin(origin, settings.allowedOrigins)
    deps.assertStarted()
    refuseEncoded(request)
    if (!hasWarned && request.headers['x-forwarded-for'] !== undefined) {
      hasWarned = true
      request.log.warn('requests come through a proxy that TRUST_PROXY does not name: all visitors are one network')
    }
    if (authorization !== undefined) {
      callers.set(request, await deps.identify({ authorization, address: request.ip }))
    }
    if (!isAdmin(request)) refuseForNow(ofNetwork.waitMs(deps.networkOf(request.ip)))
    if (Number(request.headers['content-length']) > limitsOf(request).maxBatchBytes) throw new Refusal('body_too_large')
  }

  async function take(request: FastifyRequest, batch: ReadBatch, bytes: number): Promise<Taken> {
    const receivedAt = now()
    const count = batch.events.length + batch.errors.length
    if (!isAdmin(request)) refuseForNow(ofNetwork.take(deps.networkOf(request.ip), count), count)
    refuseForNow(ofCollector.take('', count), count)

    const contentKeys = batch.events.map(({ event }) => prepareContent(event, settings.pageQueryParams))
    const { sender, client, userId, viewerKey } = await senderOf(request, batch)
    const [{ isOptedOut, erasedUntilMs }, contents] = await Promise.all([
      deps.objectionOf(viewerKey),
      deps.contentRules([...new Set(contentKeys)]),
    ])
    const dropped: Record<string, number> = {}
    const errors = [...batch.errors]
    const rows: EventRow[] = []
    const places: number[] = []
    if (isOptedOut) {
      if (batch.events.length > 0) dropped['opted_out'] = batch.events.length
    } else {
      const { isUnnamed } = sender
      const { sentAt } = batch
      const situation = { receivedAt, sentAt, client, userId, isUnnamed, erasedUntilMs, contents }
      const decide = createDecide(settings, situation)
      for (const [at, readable] of batch.events.entries()) {
        const decided = decide(readable, contentKeys[at] ?? NO_CONTENT_KEY)
        if (typeof decided === 'string') leaveOut(decided, readable.index, readable.event.id)
        else {
          rows.push(enrich(decided, sender, clock))
          places.push(readable.index)
        }
      }
    }
    committer.note([
      ...errors.map(({ code }): Tally => ({ outcome: 'refused', reason: code, count: 1 })),
      ...Object.entries(dropped).map(([reason, n]): Tally => ({ outcome: 'dropped', reason, count: n })),
    ])
    if (rows.length === 0) {
      committer.note(
        Object.entries(batch.drops ?? {}).map(([reason, n]): Tally => ({ outcome: 'lost', reason, count: n })),
      )
      return { tracked: 0, duplicates: 0, dropped, errors: errors.toSorted(byIndex), rows }
    }

    const { tracked, duplicates, unstorable } = await committer.commit(rows, bytes, batch.drops)
    if (unstorable.size > 0) {
      for (const [at, { id }] of rows.entries()) {
        if (unstorable.has(id)) errors.push({ index: places[at] ?? at, id, ...UNSTORABLE })
      }
    }
    return { tracked, duplicates, dropped, errors: errors.toSorted(byIndex), rows }

    function leaveOut(reason: LeftOut, index: number, id: string | undefined): void {
      if (reason === 'unknown_content') errors.push({ index, ...(id !== undefined && { id }), ...UNKNOWN_CONTENT })
      else dropped[reason] = (dropped[reason] ?? 0) + 1
    }
  }

  async function senderOf(request: FastifyRequest, batch: Omit<Batch, 'events'>) {
    const { headers, ip: address } = request
    const caller =
      callers.get(request) ?? (await deps.identify({ authorization: undefined, bodyToken: batch.token, address }))
    const { userId } = caller
    const userAgent = (headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT_LENGTH)
    const { kind, device } = clientOf(userAgent)
    const viewerKey = await deps.viewerKey({ userId, anonymousId: batch.anonymousId, address, userAgent })
    const isUnnamed =
      (settings.respectGpc && headers['sec-gpc'] === '1') || (settings.respectDnt && headers['dnt'] === '1')
    const page = [headers.origin, headers.referer].find((url) => url !== undefined && URL.canParse(url))
    const sender: Sender = {
      viewerKey: isUnnamed ? NO_VIEWER_KEY : viewerKey,
      userId: isUnnamed ? undefined : userId,
      channel: batch.sdk === undefined ? 'api' : 'sdk',
      device,
      country: deps.countryOf({ address, peerAddress: request.socket.remoteAddress, headers }),
      isUnnamed,
      ownHost: page === undefined ? undefined : new URL(page).hostname,
    }
    // Nobody asks a server that imports events what it is.
    return { sender, client: caller.kind === 'admin' ? ('person' as const) : kind, userId, viewerKey }
  }

  function countRefusal(error: unknown): void {
    const { code, status } = toRefusal(error)
    // What is our trouble refuses nothing: the events come again.
    if (status >= 500) return
    const count = error instanceof Refusal ? (eventsOfRefusal.get(error) ?? 1) : 1
    if (count > 0) committer.noteLater({ outcome: 'refused', reason: code, count })
  }

  return { admit, limitsOf, take, countRefusal }
}

/** How many events a refusal is about, where it is known. */
const eventsOfRefusal = new WeakMap<Refusal, number>()

/** A refusal of what was taken, and is therefore counted already. */
export function refuseCounted(...given: ConstructorParameters<typeof Refusal>): Refusal {
  const refusal = new Refusal(...given)
  eventsOfRefusal.set(refusal, 0)
  return refusal
}

const byIndex = (a: EventError, b: EventError) => a.index - b.index

function refuseForNow(waitMs: number, events = 1): void {
  if (waitMs <= 0) return
  const refusal = new Refusal('rate_limited', undefined, Math.ceil(waitMs / MS_PER_SECOND))
  eventsOfRefusal.set(refusal, events)
  throw refusal
}

// The browser would only hide the answer from the page; the events would be stored all the same.
function checkOrigin(origin: string | undefined, allowedOrigins: readonly string[]): void {
  if (origin === undefined || allowedOrigins.length === 0 || allowedOrigins.includes(origin)) return
  throw new Refusal('origin_not_allowed')
}

/** Takes off what a page's address says about its visitor, and returns the key of the event's content. */
function prepareContent(event: WireEvent, pageQueryParams: readonly string[]): string {
  const { content } = event
  if (content === undefined) return NO_CONTENT_KEY
  if (content.type !== 'page' || !needsStripping(content.id)) return contentKey(content.type, content.id)
  const address = pageAddress(content.id, pageQueryParams)
  const path = address?.path ?? content.id.replace(/[?#].*$/s, '')
  event.content = { type: 'page', id: path === '' ? '/' : path }
  if (address?.campaign) event.metadata = { ...address.campaign, ...event.metadata }
  return contentKey('page', event.content.id)
}
