// Remembers which contents were seen, and for how long, so that one impression is counted once in its scope.
import type { SafeStorage } from '../storage'
import type { Dedupe } from '../subject'

/** Contents that are remembered; the one seen longest ago is forgotten first. */
const MAX_KEYS = 5_000

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
  clear(): void
}

/** `sessionStartedAt` is the wall clock in milliseconds since 1970, like `now`. */
export function createSeenContents(
  storage: SafeStorage,
  now: () => number,
  sessionStartedAt: () => number,
): SeenContents {
  let memories: Map<string, Memory> | undefined
  let latestAt = 0
  let pageStartedAt = now()

  // One storage name per content: rewriting one long list at every impression costs a hundred times more.
  const load = (): Map<string, Memory> => {
    const stored = storage.names(PREFIX).flatMap((name): [string, Memory][] => {
      const [seenAt = NaN, totalMs = NaN] = (storage.get(name) ?? '').split(' ').map(Number)
      return Number.isFinite(seenAt + totalMs) ? [[name.slice(PREFIX.length), { seenAt, totalMs }]] : []
    })
    return new Map(stored)
  }
  const all = () => (memories ??= load())

  const since = (scope: Dedupe): number => {
    if (scope === 'session') return sessionStartedAt()
    if (scope === 'page') return pageStartedAt
    return scope ? now() - scope.windowMs + 1 : Infinity
  }

  const find = (key: string, scope: Dedupe): Memory | undefined => {
    const memory = all().get(key)
    return memory && memory.seenAt >= since(scope) ? memory : undefined
  }

  const save = (key: string, { seenAt, totalMs }: Memory) =>
    storage.set(PREFIX + key, `${seenAt} ${Math.round(totalMs)}`)

  function remove(key: string): void {
    all().delete(key)
    storage.remove(PREFIX + key)
  }

  return {
    has: (key, scope) => find(key, scope) !== undefined,
    add(key, scope) {
      if (scope === false) return
      // Never before the start of the scope, also when somebody has set the clock back.
      const memory = { seenAt: Math.max(now(), since(scope)), totalMs: 0 }
      latestAt = Math.max(latestAt, memory.seenAt)
      all().set(key, memory)
      save(key, memory)
      if (all().size > MAX_KEYS) remove(findOldest(all()))
    },
    remove,
    addTime(key, scope, durationMs) {
      const memory = find(key, scope)
      if (!memory) return durationMs
      memory.totalMs += durationMs
      save(key, memory)
      return memory.totalMs
    },
    beginPage() {
      pageStartedAt = Math.max(now(), latestAt + 1)
    },
    clear() {
      for (const key of all().keys()) storage.remove(PREFIX + key)
      memories = new Map()
    },
  }
}

function findOldest(memories: Map<string, Memory>): string {
  let oldest = { key: '', seenAt: Infinity }
  for (const [key, { seenAt }] of memories) if (seenAt < oldest.seenAt) oldest = { key, seenAt }
  return oldest.key
}
