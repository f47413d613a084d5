// The browser session: one id and one row of numbers for all events until the visitor has been away for long enough.
import type { TabStorage } from '../storage'

/** A pause after which a new session begins, in milliseconds. */
const IDLE_MS = 30 * 60_000

/** Longest life of a session, in milliseconds. */
const LONGEST_MS = 24 * 3_600_000

const NAME = 'session'
const UUID = /^[\da-f-]{36}$/

export interface Session {
  readonly id: string
  /** Wall clock at its first event, in milliseconds since 1970. */
  readonly startedAt: number
  /** Number of its next event, from 0 up without a gap. */
  readonly nextSeq: number
}

export interface Sessions {
  /** The session that an event of now belongs to; begins one if needed. */
  current(): Session
  /** Gives the next number away, which also shows that the visitor is still there. */
  advance(): void
}

export function createSessions(storage: TabStorage, now: () => number, newId: () => string): Sessions {
  const save = (session: Session): Session => {
    const { id, startedAt, nextSeq } = session
    storage.set(NAME, now(), startedAt, nextSeq, id)
    return session
  }

  function current(): Session {
    const at = now()
    const words = storage.get(NAME)
    const [touchedAt = NaN, startedAt = NaN, nextSeq = NaN] = words.map(Number)
    const id = String(words[3])
    // What somebody else has damaged compares as false, and another session begins.
    const goesOn = at - touchedAt <= IDLE_MS && at - startedAt <= LONGEST_MS && nextSeq >= 0 && UUID.test(id)
    return goesOn ? { id, startedAt, nextSeq } : save({ id: newId(), startedAt: at, nextSeq: 0 })
  }

  return {
    current,
    advance() {
      const { id, startedAt, nextSeq } = current()
      save({ id, startedAt, nextSeq: nextSeq + 1 })
    },
  }
}
