// What was committed, as it happens: groups become one message a second, the same for every listener.

/** One event that was stored. */
export interface StoredEvent {
  type: string
  contentType: string | undefined
  contentId: string | undefined
  counted: boolean
}

/** What happened in one stretch of time, on this collector. */
export interface LiveMessage {
  /** End of the stretch, ISO 8601. */
  at: string
  /** Stored events that count, by type. */
  counts: Record<string, number>
  /** Stored events that do not count: repeated and own views, crawlers. */
  uncounted: number
  /** Contents with the most events, most first. */
  contents: { type: string; id: string; counts: Record<string, number> }[]
}

/** A message with its place in the stream, as it is sent. */
export interface SentMessage {
  id: string
  text: string
}

export interface LiveFeed {
  /** Told after every commit. Costs nothing while nobody listens. */
  tell(stored: Iterable<StoredEvent>): void
  /**
   * Calls back for each message until the returned function is called. First come the messages after `lastEventId`; when
   * they are not kept any more, or are another collector's, one message `reset`.
   */
  listen(lastEventId: string | undefined, receive: (message: string) => void): () => void
  listeners(): number
  close(): void
}

const MESSAGE_EVERY_MS = 1_000
/** A listener that was cut comes back within this. */
const KEPT_MESSAGES = 120
const MAX_CONTENTS_SENT = 50
/** Contents that one second may count; beyond it only the sums are exact. */
const MAX_CONTENTS_COUNTED = 5_000

/**
 * @param streamId tells the messages of this process from those of another one.
 * @param now wall clock, milliseconds since 1970.
 */
export function createLiveFeed(streamId: string, now: () => number): LiveFeed {
  const listeners = new Set<(message: string) => void>()
  const kept: SentMessage[] = []
  let nextNumber = 1
  let quietSeconds = 0
  let counts: Record<string, number> = {}
  let uncounted = 0
  let contents = new Map<string, { type: string; id: string; total: number; counts: Record<string, number> }>()
  let timer: NodeJS.Timeout | undefined

  function tell(stored: Iterable<StoredEvent>): void {
    if (timer === undefined) return
    for (const { type, contentType, contentId, counted } of stored) {
      if (!counted) {
        uncounted++
        continue
      }
      counts[type] = (counts[type] ?? 0) + 1
      if (contentType === undefined || contentId === undefined) continue
      const key = `${contentType}\0${contentId}`
      let content = contents.get(key)
      if (content === undefined) {
        if (contents.size >= MAX_CONTENTS_COUNTED) continue
        content = { type: contentType, id: contentId, total: 0, counts: {} }
        contents.set(key, content)
      }
      content.total++
      content.counts[type] = (content.counts[type] ?? 0) + 1
    }
  }

  function send(): void {
    // What a listener missed who comes back is kept for as long as the messages are.
    quietSeconds = listeners.size > 0 ? 0 : quietSeconds + 1
    if (quietSeconds > KEPT_MESSAGES) return rest()
    if (uncounted === 0 && Object.keys(counts).length === 0) return
    const message: LiveMessage = {
      at: new Date(now()).toISOString(),
      counts,
      uncounted,
      contents: [...contents.values()]
        .toSorted((a, b) => b.total - a.total)
        .slice(0, MAX_CONTENTS_SENT)
        .map(({ type, id, counts: ofContent }) => ({ type, id, counts: ofContent })),
    }
    counts = {}
    uncounted = 0
    contents = new Map()
    const id = `${streamId}-${nextNumber++}`
    const text = `id: ${id}\nevent: counts\ndata: ${JSON.stringify(message)}\n\n`
    kept.push({ id, text })
    if (kept.length > KEPT_MESSAGES) kept.shift()
    for (const receive of listeners) receive(text)
  }

  function rest(): void {
    clearInterval(timer)
    timer = undefined
    kept.length = 0
    counts = {}
    uncounted = 0
    contents = new Map()
  }

  return {
    tell,
    listen(lastEventId, receive) {
      if (timer === undefined) {
        // Numbers are not given twice, so that who comes back after a rest is told so.
        nextNumber++
        timer = setInterval(send, MESSAGE_EVERY_MS)
        timer.unref()
      }
      if (lastEventId !== undefined) {
        const missed = missedSince(lastEventId)
        if (missed === undefined) receive(`id: ${streamId}-${nextNumber - 1}\nevent: reset\ndata: {}\n\n`)
        else for (const { text } of missed) receive(text)
      }
      listeners.add(receive)
      return () => void listeners.delete(receive)
    },
    listeners: () => listeners.size,
    close() {
      rest()
      listeners.clear()
    },
  }

  /** Nothing when some of them are not kept, or when the id is not of this stream. */
  function missedSince(lastEventId: string): readonly SentMessage[] | undefined {
    if (lastEventId === `${streamId}-${nextNumber - 1}`) return []
    const at = kept.findIndex(({ id }) => id === lastEventId)
    return at < 0 ? undefined : kept.slice(at + 1)
  }
}
