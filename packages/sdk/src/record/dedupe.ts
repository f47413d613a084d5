// Remembers which contents were seen, and for how long, so that one impression is counted once in its scope.
import type { TabStorage } from '../storage'
import type { Dedupe } from '../subject'

const PREFIX = 'seen:'

interface Memory {
  /** Wall clock of the latest impression, in milliseconds since 1970. */
  seenAt: number
  /** Time on screen since `seenAt` lies in the scope, in milliseconds. */
  totalMs: number
}

export interface SeenContents {
  has(key: string, scope: Dedupe): boolean
  add(key: string, scope: Dedupe): void
  /** Takes an impression back that was never sent: the content counts as unseen. */
  remove(key: string): void
  /** Adds time on screen and tells the total in the scope; without an impression nothing is kept. Milliseconds. */
  addTime(key: string, scope: Dedupe, durationMs: number): number
  /** A new page view begins: what was seen before is unseen in the scope `page`. */
  beginPage(): void
}

/** `sessionStartedAt` is the wall clock in milliseconds since 1970, like `now`. */
export function createSeenContents(
  storage: TabStorage,
  now: () => number,
  sessionStartedAt: () => number,
): SeenContents {
  let latestAt = 0
  let pageStartedAt = now()

  const since = (scope: Dedupe): number => {
    if (scope === 'session') return sessionStartedAt()
    if (scope === 'page') return pageStartedAt
    return scope ? now() - scope.windowMs + 1 : Infinity
  }

  // One storage name per content: rewriting one long list at every impression costs a hundred times more.
  const save = ({ seenAt, totalMs }: Memory, key: string) => storage.set(PREFIX + key, seenAt, Math.round(totalMs))

  const find = (key: string, scope: Dedupe): Memory | undefined => {
    const [seenAt = NaN, totalMs = NaN] = storage.get(PREFIX + key).map(Number)
    return seenAt >= since(scope) && totalMs >= 0 ? { seenAt, totalMs } : undefined
  }

  return {
    has: (key, scope) => find(key, scope) !== undefined,
    add(key, scope) {
      if (!scope) return
      // Never before the start of the scope, also when somebody has set the clock back.
      const seenAt = Math.max(now(), since(scope))
      latestAt = Math.max(latestAt, seenAt)
      save({ seenAt, totalMs: 0 }, key)
    },
    remove: (key) => storage.remove(PREFIX + key),
    addTime(key, scope, durationMs) {
      const memory = find(key, scope)
      if (!memory) return durationMs
      memory.totalMs += durationMs
      save(memory, key)
      return memory.totalMs
    },
    beginPage() {
      pageStartedAt = Math.max(now(), latestAt + 1)
    },
  }
}
