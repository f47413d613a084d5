// Group commit: the rows of many requests share one transaction, and each request is answered after it committed.
import type { DropCounts } from '@sightline/sdk/wire'
import { classifyError } from '../database/error-class'
import { Refusal } from '../errors'
import type { EventRow } from './enrich'
import { isOtherEvent } from './insert-events'
import { talliesOfRepeats, type Tally } from './outcomes'
import type { GroupToWrite } from './write-events'

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
  /** Told after each commit: its rows, and the ids among them that were stored before. Must not throw. */
  onStored?: (rows: readonly EventRow[], repeats: ReadonlySet<string>) => void
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
  /** The same for what anybody can send as often as they like: never a reason by itself to write more than once a second. */
  noteLater(tally: Tally): void
  /** From now on nothing lingers, and who is not answered within this time is told to send again. */
  hurry(withinMs: number): void
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
/**
 * While a group is under way, the next one goes beside it only when it is full, or has lingered so many times longer: two
 * half groups wait for each other's counters and cost a tenth more than one. A database far away still gets both.
 */
const LINGERS_BESIDE_ANOTHER = 5
const LATER_MS = 1_000
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
  const laterNotes = new Map<string, Tally>()
  let laterTimer: NodeJS.Timeout | undefined
  let linger: NodeJS.Timeout | undefined
  let draining = false
  /** By the monotonic clock, in milliseconds; nobody waits longer. */
  let endsAt = Infinity
  let lastCommit: number | undefined
  let onIdle: (() => void)[] = []

  function commit(rows: readonly EventRow[], bytes: number, drops?: DropCounts): Promise<CommitResult> {
    const tooManyRows = queuedRows + flyingRows + rows.length > limits.maxWaitingRows * FULL_AT
    const tooManyBytes = queuedBytes + flyingBytes + bytes > limits.maxWaitingBytes * FULL_AT
    if (tooManyRows || tooManyBytes) return Promise.reject(new Refusal('overloaded'))

    return new Promise((resolve, reject) => {
      const request: Waiting = { rows, bytes, drops, since: performance.now(), settled: false, settle: () => {} }
      const deadline = setTimeout(() => giveUp(request), Math.min(limits.maxWaitMs, endsAt - request.since))
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

  function giveUp(request: Waiting): void {
    request.settle(new Refusal('unavailable'))
    if (!queue.delete(request)) return
    queuedRows -= request.rows.length
    queuedBytes -= request.bytes
  }

  function hurry(withinMs: number): void {
    draining = true
    endsAt = performance.now() + withinMs
    const end = setTimeout(() => {
      for (const request of [...queue, ...[...flying].flat()]) giveUp(request)
    }, withinMs)
    // Once all are answered there is nothing to wait for.
    end.unref()
    closeGroupWhenDue()
  }

  function note(tallies: readonly Tally[]): void {
    addUp(notes, tallies)
    closeGroupWhenDue()
  }

  function noteLater(tally: Tally): void {
    addUp(laterNotes, [tally])
    laterTimer ??= setTimeout(() => {
      takeLaterNotes()
      closeGroupWhenDue()
    }, LATER_MS)
  }

  function takeLaterNotes(): void {
    clearTimeout(laterTimer)
    laterTimer = undefined
    addUp(notes, laterNotes.values())
    laterNotes.clear()
  }

  function closeGroupWhenDue(): void {
    if (flying.size >= limits.groupsInFlight || (queue.size === 0 && notes.size === 0)) return
    if (draining || queuedRows >= limits.groupMaxRows || queuedBytes >= limits.groupMaxBytes) closeGroup()
    else linger ??= setTimeout(closeGroup, limits.groupMaxWaitMs * (flying.size === 0 ? 1 : LINGERS_BESIDE_ANOTHER))
  }

  function stopLingering(): void {
    clearTimeout(linger)
    linger = undefined
  }

  function closeGroup(): void {
    stopLingering()
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
    takeLaterNotes()
    const tallies = [...notes.values()]
    notes = new Map()

    void flyGroup(requests, tallies).finally(() => {
      flyingRows -= rows
      flyingBytes -= bytes
      flying.delete(requests)
      if (flying.size === 0) stopLingering()
      if (flying.size === 0 && queue.size === 0 && notes.size === 0) {
        for (const tell of onIdle) tell()
        onIdle = []
      }
      closeGroupWhenDue()
    })
    closeGroupWhenDue()
  }

  async function flyGroup(requests: Waiting[], tallies: Tally[]): Promise<void> {
    const { rows, drops, ownerOf, repeated, conflicts } = mergeRequests(requests)
    const repeats = new Set<string>()
    const unstorable = new Set<string>()
    let talliesWritten = false
    const isAwaited = () => requests.length === 0 || requests.some((request) => !request.settled)
    try {
      await storeRows(rows, [...tallies, ...talliesOfRepeats(repeated, conflicts)])
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
          const known = await deps.writeGroup(group)
          for (const id of known) repeats.add(id)
          deps.onStored?.(part, known)
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
    noteLater,
    hurry,
    drain() {
      draining = true
      takeLaterNotes()
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
  let firstOf: Map<string, EventRow> | undefined
  let repeated = 0
  let conflicts = 0
  for (const request of requests) {
    const [first] = request.rows
    for (const row of request.rows) {
      if (ownerOf.has(row.id)) {
        repeated++
        firstOf ??= new Map(requests.flatMap((one) => one.rows.map((each) => [each.id, each] as const)).toReversed())
        const known = firstOf.get(row.id)
        if (known && known !== row && isOtherEvent(known, row)) conflicts++
        continue
      }
      ownerOf.set(row.id, request)
      rows.push(row)
      if (row === first && request.drops) drops.set(row.id, request.drops)
    }
  }
  rows.sort((a, b) => (a.contentKey === b.contentKey ? compare(a.id, b.id) : compare(a.contentKey, b.contentKey)))
  return { rows, drops, ownerOf, repeated, conflicts }
}

function addUp(sums: Map<string, Tally>, tallies: Iterable<Tally>): void {
  for (const tally of tallies) {
    const key = `${tally.outcome} ${tally.reason}`
    sums.set(key, { ...tally, count: tally.count + (sums.get(key)?.count ?? 0) })
  }
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
