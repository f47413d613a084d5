// The browser session: one id and one row of numbers for all tabs, until the visitor has been away for long enough.
import { isUuid } from '../id'
import type { Store } from '../storage'

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
  /** The session of now, if it was not over yet. Read anew each time, because another tab may have moved on. */
  find(): Session | undefined
  /** The session that an event of now belongs to; begins one if needed. */
  current(): Session
  /** Gives its next number away, which also shows that the visitor is still there. */
  advance(session: Session): void
}

/** `ends` may still record into the old session; `begins` is called once there is a new one. Neither may throw. */
export function createSessions(
  store: Store,
  now: () => number,
  newId: () => string,
  turn: { ends(): void; begins(): void },
): Sessions {
  let isEnding = false

  function find(): Session | undefined {
    const at = now()
    const words = store.get(NAME)
    const [touchedAt, startedAt, nextSeq] = words.map(Number) as [number, number, number]
    const id = words[3]
    // What somebody else has damaged compares as false, and another session begins.
    const goesOn = isEnding || (at - touchedAt <= IDLE_MS && at - startedAt <= LONGEST_MS)
    return goesOn && startedAt >= 0 && nextSeq >= 0 && isUuid(id) ? { id, startedAt, nextSeq } : undefined
  }

  const save = ({ id, startedAt, nextSeq }: Session) => store.set(NAME, now(), startedAt, nextSeq, id)

  return {
    find,
    current() {
      const running = find()
      if (running) return running
      isEnding = true
      if (find()) turn.ends()
      isEnding = false
      const session = { id: newId(), startedAt: now(), nextSeq: 0 }
      save(session)
      turn.begins()
      return session
    },
    advance: (session) => save({ ...session, nextSeq: session.nextSeq + 1 }),
  }
}
