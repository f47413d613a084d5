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
  ledger: Ledger
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
  const { sessions, seen, ledger, guard, explain, beforeSend } = ports

  return (draft, scope) => {
    const event = cleanEvent(draft, explain)
    const key = scope && event?.type === 'impression' && contentKey(event.content!)
    if (key && seen.has(key, scope)) return

    const session = sessions.current()
    if (key) seen.add(key, scope)
    const stamp = { id: ports.newId(), occurredAt: ports.now(), sessionId: session.id, seq: session.nextSeq }
    const drop = (reason: DropReason, last: WireEvent = { type: String(draft.type) }) =>
      ledger.decide([sealEvent({ ...last, ...stamp })], reason)

    ledger.recorded++
    if (!event) return drop('invalid')
    if (ports.isDenied()) return drop('consent', event)
    // The last digits of its id are random, so all events of a session share one fate, in every tab.
    if (parseInt(session.id.slice(-8), 16) / 2 ** 32 >= ports.sampleRate) {
      sessions.advance(session)
      return drop('sampled', event)
    }

    const edited = beforeSend ? guard(() => beforeSend({ ...event, ...stamp })) : event
    if (edited === null) return drop('before_send', event)
    // A hook that throws or returns something else must not lose the event.
    if (!edited?.type) explain('beforeSend must return the event or null.')
    // What a hook has had in its hands is looked at again.
    const final = beforeSend ? cleanEvent(edited?.type ? edited : event, explain) : event
    if (!final) return drop('invalid', event)

    const sealed = sealEvent({ ...final, ...stamp }, key || undefined)
    if (sealed.bytes > ports.maxEventBytes) return ledger.decide([sealed], 'too_large')
    // The number is given away last: an event that never gets this far leaves no gap, one that is lost later does.
    sessions.advance(session)
    ports.enqueue(sealed)
  }
}
