// The one door into the queue: what passes is checked, numbered, sealed, and counted whatever becomes of it.
import { attempt } from '../attempt'
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
  beforeSend?: ((event: WireEvent) => WireEvent | null) | undefined
  enqueue(event: SealedEvent): void
  explain(sentence: string): void
}

/**
 * Records one event. A second impression of the same content in its scope is nothing new: it is not recorded and not
 * counted as dropped either.
 */
export type RecordEvent = (draft: EventDraft, scope: Dedupe) => void

export function createRecorder(ports: RecorderPorts): RecordEvent {
  const { sessions, seen, ledger, explain, beforeSend = (event) => event } = ports

  /** The caller's hook. One that throws or returns something else must not lose the event. */
  function edit(event: WireEvent): WireEvent | null {
    const edited = attempt(
      () => beforeSend({ ...event }),
      (error) => explain(`beforeSend threw ${String(error)}.`),
    )
    if (edited === null || edited?.type) return edited
    explain('beforeSend must return the event or null.')
    return event
  }

  const drop = (reason: DropReason, event: WireEvent) => ledger.drop(reason, [sealEvent(event)])

  return (draft, scope) => {
    const event = cleanEvent(draft, explain)
    const key = scope && event?.content && event.type === 'impression' ? contentKey(event.content) : undefined
    if (key && seen.has(key, scope)) return
    if (key) seen.add(key, scope)

    ledger.recorded++
    if (!event) return drop('invalid', { type: String(draft.type) })
    if (ports.isDenied()) return drop('consent', event)

    const { id: sessionId, nextSeq: seq } = sessions.current()
    const stamp = { id: ports.newId(), occurredAt: ports.now(), sessionId, seq }
    const edited = edit({ ...event, ...stamp })
    if (!edited) return drop('before_send', { ...event, ...stamp })
    const final = cleanEvent(edited, explain)
    if (!final) return drop('invalid', { ...event, ...stamp })

    const sealed = sealEvent({ ...final, ...stamp }, key)
    if (sealed.bytes > ports.maxEventBytes) return ledger.drop('too_large', [sealed])
    // The number is given away last: an event that never gets this far leaves no gap, one that is lost later does.
    sessions.advance()
    ports.enqueue(sealed)
  }
}
