// The one door into the queue: what passes is checked, numbered, sealed, and counted whatever becomes of it.
import type { Ledger } from '../ledger'
import { type SealedEvent, sealEvent } from '../seal'
import { contentKey, type Dedupe, readContent } from '../subject'
import type { WireEvent } from '../wire'
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
  const { sessions, seen, ledger, explain } = ports

  /** The caller's hook. One that throws or returns something else must not lose the event. */
  function edit(event: WireEvent): WireEvent | null {
    try {
      const edited: unknown = ports.beforeSend?.({ ...event })
      if (edited === null) return null
      if (ports.beforeSend && (edited as Partial<WireEvent> | undefined)?.type) return edited as WireEvent
      if (ports.beforeSend) explain('beforeSend returned neither an event nor null; the event goes unchanged.')
    } catch (error) {
      explain(`beforeSend threw ${String(error)}; the event goes unchanged.`)
    }
    return event
  }

  return (draft, scope) => {
    const content = draft.type === 'impression' && readContent(draft.content)
    const key = content ? contentKey(content) : undefined
    if (key && seen.has(key, scope)) return
    if (key) seen.add(key, scope)

    ledger.recorded++
    const event = cleanEvent(draft, explain)
    if (!event) return ledger.drop('invalid', [{ type: String(draft.type) }])
    if (ports.isDenied()) return ledger.drop('consent', [event])

    const { id: sessionId, nextSeq: seq } = sessions.current()
    const stamp = { id: ports.newId(), occurredAt: ports.now(), sessionId, seq }
    const stamped = { ...event, ...stamp }
    const edited = edit(stamped)
    if (!edited) return ledger.drop('before_send', [stamped])
    const final = edited === stamped ? stamped : cleanEvent({ ...edited, ...stamp }, explain)
    if (!final) return ledger.drop('invalid', [stamped])

    const sealed = sealEvent(final, scope ? key : undefined)
    if (sealed.bytes > ports.maxEventBytes) {
      explain(`"${final.type}" is dropped: its ${sealed.bytes} bytes are more than maxEventBytes.`)
      return ledger.drop('too_large', [sealed])
    }
    // The number is given away last: an event that never gets this far leaves no gap, one that is lost later does.
    sessions.advance()
    ports.enqueue(sealed)
  }
}
