// The one door into the queue: what passes is checked, numbered, sealed, and counted whatever becomes of it.
import type { Ledger } from '../ledger'
import { type SealedEvent, sealEvent } from '../seal'
import { contentKey, type Dedupe } from '../subject'
import type { DropReason, WireEvent } from '../wire'
import type { SeenContents } from './dedupe'
import { cleanEvent, type EventDraft } from './event'
import type { Sessions } from './session'

export interface RecorderPorts {
  now(): number
  newId(): string
  sessions: Sessions
  seen: SeenContents
  move: Ledger['move']
  /** Whether the visitor said no. */
  isDenied(): boolean
  maxEventBytes: number
  /** Share of the sessions that is recorded, from 0 to 1. */
  sampleRate: number
  beforeSend?: ((event: WireEvent) => WireEvent | null) | undefined
  enqueue(event: SealedEvent): void
  guard<Result>(act: () => Result): Result | undefined
  explain(sentence: string): void
}

/**
 * Records one event. A second impression of the same content in its scope is nothing new: it is not recorded and not
 * counted as dropped either.
 */
export type RecordEvent = (draft: EventDraft, scope: Dedupe) => void

export function createRecorder(ports: RecorderPorts): RecordEvent {
  const { sessions, seen, guard, explain, beforeSend } = ports

  return (draft, scope) => {
    let event = cleanEvent(draft, explain)
    const key = (scope && event?.type === 'impression' && contentKey(event.content!)) || undefined
    if (key && seen.has(key, scope)) return

    const session = sessions.current()
    if (key) seen.add(key, scope)
    const stamp = { id: ports.newId(), occurredAt: ports.now(), sessionId: session.id, seq: session.nextSeq }
    let reason: DropReason | undefined
    if (!event) reason = 'invalid'
    else if (ports.isDenied()) reason = 'consent'
    // The last digits of its id are random, so all events of a session share one fate, in every tab.
    else if (parseInt(session.id.slice(-8), 16) / 2 ** 32 >= ports.sampleRate) reason = 'sampled'
    else if (beforeSend) {
      const mine = event
      const edited = guard(() => beforeSend({ ...mine, ...stamp }))
      const theirs = edited?.type ? cleanEvent(edited, explain) : mine
      // A hook that throws or returns something else must not lose the event; what it has had in its hands is looked at again.
      if (edited === null) reason = 'before_send'
      else if (!edited?.type) explain('beforeSend must return the event or null.')
      if (theirs) event = theirs
      else reason = 'invalid'
    }

    const sealed = sealEvent({ ...(event ?? { type: String(draft.type) }), ...stamp }, key)
    if (!reason && sealed.bytes > ports.maxEventBytes) reason = 'too_large'
    // The number is given away last: an event that never gets this far leaves no gap, one that is lost later does.
    if (!reason || reason === 'sampled') sessions.advance(session)
    if (reason) ports.move([sealed], reason)
    else ports.enqueue(sealed)
  }
}
