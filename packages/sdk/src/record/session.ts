// The browser session: one id and one row of numbers for all events until the visitor has been away for long enough.
import type { SafeStorage } from '../storage'

/** A pause after which a new session begins, in milliseconds. */
const IDLE_MS = 30 * 60_000

/** Longest life of a session, in milliseconds. */
const LONGEST_MS = 24 * 3_600_000

const NAME = 'session'

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
  /** Forgets the session; the next event begins another. */
  end(): void
}

export function createSessions(storage: SafeStorage, now: () => number, newId: () => string): Sessions {
  let session: (Session & { touchedAt: number }) | undefined

  const save = () => {
    if (session) storage.set(NAME, [session.id, session.startedAt, session.touchedAt, session.nextSeq].join(' '))
  }

  function current(): Session & { touchedAt: number } {
    const at = now()
    session ??= read(storage.get(NAME))
    if (!session || at - session.touchedAt > IDLE_MS || at - session.startedAt > LONGEST_MS) {
      session = { id: newId(), startedAt: at, touchedAt: at, nextSeq: 0 }
      save()
    }
    return session
  }

  return {
    current,
    advance() {
      const { id, startedAt, nextSeq } = current()
      session = { id, startedAt, touchedAt: now(), nextSeq: nextSeq + 1 }
      save()
    },
    end() {
      session = undefined
      storage.remove(NAME)
    },
  }
}

function read(text: string | null): (Session & { touchedAt: number }) | undefined {
  const [id = '', ...rest] = (text ?? '').split(' ')
  const [startedAt, touchedAt, nextSeq] = rest.map(Number)
  const isWhole = /^[\da-f-]{36}$/.test(id) && rest.length === 3 && rest.every((part) => /^\d+$/.test(part))
  return isWhole ? { id, startedAt: startedAt!, touchedAt: touchedAt!, nextSeq: nextSeq! } : undefined
}
