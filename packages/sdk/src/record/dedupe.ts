// Remembers which contents were seen, and for how long, so that one impression is counted once in its scope.
import type { Store } from '../storage'
import type { Dedupe } from '../subject'
import type { Session } from './session'

const START = 'seen:'

/** Contents that are remembered over reloads; beyond it the tenth that was seen longest ago is forgotten. */
const MAX_CONTENTS = 5_000

export interface SeenContents {
  /** A glance does not read the storage for what was never met here: what another tab saw meanwhile may be missing. */
  has(key: string, scope: Dedupe, isGlance?: boolean): boolean
  add(key: string, scope: Dedupe): void
  /** Takes an impression back that was never sent: the content counts as unseen. */
  remove(key: string): void
  /** Adds time on screen and tells the total in the scope; without an impression nothing is kept. Milliseconds. */
  addTime(key: string, scope: Dedupe, durationMs: number): number
  /** A new page view begins: what was seen before is unseen in the scope `page`. */
  beginPage(): void
  /** A session has begun: forgets what no scope can still ask for. */
  prune(): void
}

/** `now` is the wall clock in milliseconds since 1970, as in a session. */
export function createSeenContents(
  store: Store,
  now: () => number,
  findSession: () => Session | undefined,
): SeenContents {
  const onPage = new Map<string, [seenAt: number, totalMs: number]>()
  // What the storage held when it was first asked, and what was added here; reading it for every content that comes on
  // screen was a fifth of what a fast scroll cost.
  let met: Set<string> | undefined
  const meet = () => (met ??= new Set(store.rests(START)))

  // One storage name per content: rewriting one long list at every impression costs a hundred times more.
  function save(key: string, scope: Dedupe, seenAt: number, totalMs: number): void {
    if (scope === 'page') return void onPage.set(key, [seenAt, totalMs])
    store.set(START + key, seenAt, Math.round(totalMs), (scope as { windowMs?: number }).windowMs ?? 0)
    meet().add(key)
  }

  function find(key: string, scope: Dedupe): [seenAt: number, totalMs: number] | undefined {
    if (!scope) return undefined
    if (scope === 'page') return onPage.get(key)
    const [seenAt = NaN, totalMs = NaN] = store.get(START + key).map(Number)
    if (!seenAt) return undefined
    const since = scope === 'session' ? findSession()?.startedAt : now() - scope.windowMs + 1
    // Without a session, or where somebody else has damaged it, this compares as false.
    return seenAt >= since! && totalMs >= 0 ? [seenAt, totalMs] : undefined
  }

  function prune(): void {
    const oldest = findSession()?.startedAt ?? 0
    const kept = store
      .rests(START)
      .map((key): [string, number[]] => [key, store.get(START + key).map(Number)])
      // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array, and toSorted() is younger than our target
      .sort(([, [one = 0]], [, [other = 0]]) => other - one)
      .filter(([key, [seenAt = 0, , windowMs = 0]], index) => {
        const isKept = seenAt + windowMs >= oldest && index < MAX_CONTENTS * 0.9
        if (!isKept) store.remove(START + key)
        return isKept
      })
    met = new Set(kept.map(([key]) => key))
  }

  return {
    has: (key, scope, isGlance) => (!isGlance || scope === 'page' || meet().has(key)) && !!find(key, scope),
    add(key, scope) {
      // Never before the start of the session, also when somebody has set the clock back.
      save(key, scope, Math.max(now(), findSession()?.startedAt ?? 0), 0)
      if (meet().size > MAX_CONTENTS) prune()
    },
    remove(key) {
      onPage.delete(key)
      store.remove(START + key)
    },
    addTime(key, scope, durationMs) {
      const memory = find(key, scope)
      const totalMs = durationMs + (memory?.[1] ?? 0)
      if (memory) save(key, scope, memory[0], totalMs)
      return totalMs
    },
    beginPage: () => onPage.clear(),
    prune,
  }
}
