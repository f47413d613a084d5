// Group commit: the rows of many requests share one transaction, and each request is answered after it committed.
import type { DropCounts } from '@sightline/sdk/wire'
import { classifyError } from '../database/error-class'
import { Refusal } from '../errors'
import type { EventRow } from './enrich'
import type { GroupToWrite, Tally } from './write-events'

export interface CommitLimits {
  groupMaxRows: number
  groupMaxBytes: number
  groupMaxWaitMs: number
  groupsInFlight: number
  maxWaitingRows: number
  maxWaitingBytes: number
  maxWaitMs: number
}

export interface CommitterDeps {
  /** Stores the rows of a group and returns the ids that were stored before. */
  writeGroup: (group: GroupToWrite) => Promise<ReadonlySet<string>>
  /** Keeps a row that cannot be stored. */
  buryRow: (row: EventRow, error: unknown) => Promise<void>
  /** Makes missing partitions. */
  ensurePartitions: () => Promise<void>
  /** Told about errors that nobody expected. */
  onBug: (error: unknown) => void
  /** Told about errors after which a group is written again. */
  onRetry?: (error: unknown) => void
  now: () => number
}

/** What became of one request's rows. */
export interface CommitResult {
  tracked: number
  duplicates: number
  /** Ids of rows that the database refuses. */
  unstorable: ReadonlySet<string>
}

export interface Committer {
  /**
   * Stores the rows and resolves after the commit.
   * @throws Refusal `overloaded` at once when too much is waiting, `unavailable` after `maxWaitMs`.
   */
  commit(rows: readonly EventRow[], bytes: number, drops?: DropCounts): Promise<CommitResult>
  /** Counts outcomes of events that have no row; written with the next group. */
  note(tallies: readonly Tally[]): void
  /** Writes what waits, at once, and resolves when nothing waits any more. */
  drain(): Promise<void>
  /** When the last group was committed, in milliseconds since 1970. */
  lastCommitAt(): number | undefined
  /** What is taken and not yet answered. */
  waiting(): Backlog
}

export interface Backlog {
  rows: number
  /** Sizes of the requests' bodies. */
  bytes: number
  /** How long the oldest request waits, in milliseconds. */
  oldestMs: number
}

interface Waiting {
  rows: readonly EventRow[]
  bytes: number
  /** By the monotonic clock, in milliseconds. */
  since: number
  drops: DropCounts | undefined
  settle: (result: CommitResult | Refusal) => void
  settled: boolean
}

/** Above this share of what may wait, new requests are sent away, so that those inside still make it in time. */
const FULL_AT = 0.8
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 2_000

export function createCommitter(deps: CommitterDeps, limits: CommitLimits): Committer {
  // Sets keep the order of arrival and forget one request in constant time, also one of tens of thousands.
  const queue = new Set<Waiting>()
  const flying = new Set<readonly Waiting[]>()
  let queuedRows = 0
  let queuedBytes = 0
  let flyingRows = 0
  let flyingBytes = 0
  let notes = new Map<string, Tally>()
  let linger: NodeJS.Timeout | undefined
  let draining = false
  let lastCommit: number | undefined
  let onIdle: (() => void)[] = []

  function commit(rows: readonly EventRow[], bytes: number, drops?: DropCounts): Promise<CommitResult> {
    const tooManyRows = queuedRows + flyingRows + rows.length > limits.maxWaitingRows * FULL_AT
    const tooManyBytes = queuedBytes + flyingBytes + bytes > limits.maxWaitingBytes * FULL_AT
    if (tooManyRows || tooManyBytes) return Promise.reject(new Refusal('overloaded'))

    return new Promise((resolve, reject) => {
      const request: Waiting = { rows, bytes, drops, since: performance.now(), settled: false, settle: () => {} }
      const deadline = setTimeout(() => {
        request.settle(new Refusal('unavailable'))
        if (!queue.delete(request)) return
        queuedRows -= rows.length
        queuedBytes -= bytes
      }, limits.maxWaitMs)
      request.settle = (result) => {
        if (request.settled) return
        request.settled = true
        clearTimeout(deadline)
        if (result instanceof Refusal) reject(result)
        else resolve(result)
      }
      queue.add(request)
      queuedRows += rows.length
      queuedBytes += bytes
      closeGroupWhenDue()
    })
  }

  function note(tallies: readonly Tally[]): void {
    for (const tally of tallies) {
      const key = `${tally.outcome} ${tally.reason}`
      notes.set(key, { ...tally, count: tally.count + (notes.get(key)?.count ?? 0) })
    }
    closeGroupWhenDue()
  }

  function closeGroupWhenDue(): void {
    if (flying.size >= limits.groupsInFlight || (queue.size === 0 && notes.size === 0)) return
    if (draining || queuedRows >= limits.groupMaxRows || queuedBytes >= limits.groupMaxBytes) closeGroup()
    else linger ??= setTimeout(closeGroup, limits.groupMaxWaitMs)
  }

  function closeGroup(): void {
    clearTimeout(linger)
    linger = undefined
    if (flying.size >= limits.groupsInFlight) return
    const requests: Waiting[] = []
    let rows = 0
    let bytes = 0
    for (const next of queue) {
      const isFull = rows + next.rows.length > limits.groupMaxRows || bytes + next.bytes > limits.groupMaxBytes
      if (isFull && requests.length > 0) break
      queue.delete(next)
      requests.push(next)
      rows += next.rows.length
      bytes += next.bytes
    }
    queuedRows -= rows
    queuedBytes -= bytes
    flyingRows += rows
    flyingBytes += bytes
    flying.add(requests)
    const tallies = [...notes.values()]
    notes = new Map()

    void flyGroup(requests, tallies).finally(() => {
      flyingRows -= rows
      flyingBytes -= bytes
      flying.delete(requests)
      if (flying.size === 0 && queue.size === 0 && notes.size === 0) {
        for (const tell of onIdle) tell()
        onIdle = []
      }
      closeGroupWhenDue()
    })
    closeGroupWhenDue()
  }

  async function flyGroup(requests: Waiting[], tallies: Tally[]): Promise<void> {
    const { rows, drops, ownerOf, repeated } = mergeRequests(requests)
    const repeats = new Set<string>()
    const unstorable = new Set<string>()
    let talliesWritten = false
    const isAwaited = () => requests.length === 0 || requests.some((request) => !request.settled)
    try {
      await storeRows(rows, [...tallies, { outcome: 'duplicate', reason: '', count: repeated }])
      const allAreNew = repeated + repeats.size + unstorable.size === 0
      for (const request of requests) {
        request.settle(
          allAreNew ? { tracked: request.rows.length, duplicates: 0, unstorable } : resultOf(request, ownerOf),
        )
      }
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('internal')
      if (refusal !== error) deps.onBug(error)
      for (const request of requests) request.settle(refusal)
      if (!talliesWritten && refusal.code === 'unavailable' && !draining) note(tallies)
    }

    function resultOf(request: Waiting, owners: Map<string, Waiting>): CommitResult {
      const refused = new Set<string>()
      let tracked = 0
      let refusedRows = 0
      for (const { id } of request.rows) {
        if (unstorable.has(id)) {
          refused.add(id)
          refusedRows++
        } else if (!repeats.has(id) && owners.get(id) === request) {
          // An id that came twice was stored once.
          owners.delete(id)
          tracked++
        }
      }
      return { tracked, duplicates: request.rows.length - tracked - refusedRows, unstorable: refused }
    }

    // Stores all rows, or all but the ones that cannot be stored: halves a refused group until each of them is alone.
    async function storeRows(part: readonly EventRow[], extra: readonly Tally[]): Promise<void> {
      // The same object every time, so that the writer knows it again after a COMMIT of unknown outcome.
      const group: GroupToWrite = { rows: part, tallies: extra, drops }
      for (let attempt = 0; ; attempt++) {
        try {
          for (const id of await deps.writeGroup(group)) repeats.add(id)
          lastCommit = deps.now()
          talliesWritten ||= extra.length > 0
          return
        } catch (error) {
          const kind = classifyError(error)
          const [first] = part
          if (kind === 'data' && first) {
            if (part.length === 1) {
              await bury(first, error)
              return storeRows([], extra)
            }
            const middle = Math.ceil(part.length / 2)
            await storeRows(part.slice(0, middle), extra)
            return storeRows(part.slice(middle), [])
          }
          await beforeNextAttempt(kind, error, attempt)
        }
      }
    }

    async function bury(row: EventRow, reason: unknown): Promise<void> {
      unstorable.add(row.id)
      for (let attempt = 0; ; attempt++) {
        try {
          return await deps.buryRow(row, reason)
        } catch (error) {
          // Its neighbours are stored all the same; its sender is told that it was not.
          if (classifyError(error) === 'data') return deps.onBug(error)
          await beforeNextAttempt(classifyError(error), error, attempt)
        }
      }
    }

    // Also an error of COMMIT itself comes here: its outcome is unknown, and running it again is right either way.
    async function beforeNextAttempt(kind: string, error: unknown, attempt: number): Promise<void> {
      if (kind === 'partition' && attempt < 3) await deps.ensurePartitions().catch(() => {})
      else if (kind !== 'connection') throw error
      deps.onRetry?.(error)
      if (!isAwaited() || (draining && requests.length === 0)) throw new Refusal('unavailable')
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** attempt, LONGEST_BACKOFF_MS)
      if (kind === 'connection') await pause(backoffMs * (0.5 + Math.random() / 2))
      if (!isAwaited()) throw new Refusal('unavailable')
    }
  }

  return {
    commit,
    note,
    drain() {
      draining = true
      closeGroupWhenDue()
      if (flying.size === 0) return Promise.resolve()
      return new Promise((resolve) => onIdle.push(resolve))
    },
    lastCommitAt: () => lastCommit,
    waiting() {
      const oldest = [...flying].flatMap(([first]) => first ?? [])
      for (const first of queue) {
        oldest.push(first)
        break
      }
      const now = performance.now()
      return {
        rows: queuedRows + flyingRows,
        bytes: queuedBytes + flyingBytes,
        oldestMs: Math.max(0, ...oldest.map(({ since }) => now - since)),
      }
    },
  }
}

/** All rows once, sorted by key so that two groups cannot deadlock; the first of two equal ids wins. */
function mergeRequests(requests: readonly Waiting[]) {
  const ownerOf = new Map<string, Waiting>()
  const drops = new Map<string, DropCounts>()
  const rows: EventRow[] = []
  let repeated = 0
  for (const request of requests) {
    const [first] = request.rows
    for (const row of request.rows) {
      if (ownerOf.has(row.id)) {
        repeated++
        continue
      }
      ownerOf.set(row.id, request)
      rows.push(row)
      if (row === first && request.drops) drops.set(row.id, request.drops)
    }
  }
  rows.sort((a, b) => (a.contentKey === b.contentKey ? compare(a.id, b.id) : compare(a.contentKey, b.contentKey)))
  return { rows, drops, ownerOf, repeated }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
