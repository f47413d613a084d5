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
  /** Contents with the most events, most first; with a title where the catalogue has one. */
  contents: { type: string; id: string; title?: string; counts: Record<string, number> }[]
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

type FindTitles = (contents: readonly { type: string; id: string }[]) => Promise<(string | undefined)[]>

const MESSAGE_EVERY_MS = 1_000
/** A listener that was cut comes back within this. */
const KEPT_MESSAGES = 120
const MAX_CONTENTS_SENT = 50
/** A message is due within two seconds of its events; without titles it is better than late. */
const LONGEST_WAIT_FOR_TITLES_MS = 500
/** Contents that one second may count; beyond it only the sums are exact. */
const MAX_CONTENTS_COUNTED = 5_000

/**
 * @param streamId tells the messages of this process from those of another one.
 * @param now wall clock, milliseconds since 1970.
 * @param findTitles names contents, in the same order; nothing of ingest waits for it. @default names none
 */
export function createLiveFeed(streamId: string, now: () => number, findTitles?: FindTitles): LiveFeed {
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
    if (findTitles === undefined || message.contents.length === 0) return publish(message)
    void publishWithTitles(message, findTitles)
  }

  async function publishWithTitles(message: LiveMessage, find: FindTitles): Promise<void> {
    const named = await withTitles(message, find)
    // Else nobody is left to tell it to.
    if (timer !== undefined) publish(named)
  }

  function publish(message: LiveMessage): void {
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

/** The message with the titles of its contents, or as it is when they cannot be had in time. */
async function withTitles(message: LiveMessage, findTitles: FindTitles): Promise<LiveMessage> {
  let patience: NodeJS.Timeout | undefined
  const tooLate = new Promise<undefined>((resolve) => {
    patience = setTimeout(() => resolve(undefined), LONGEST_WAIT_FOR_TITLES_MS)
  })
  // A database that is away is told elsewhere.
  const titles = await Promise.race([findTitles(message.contents).catch(() => undefined), tooLate])
  clearTimeout(patience)
  if (titles === undefined) return message
  const contents = message.contents.map((content, place) => {
    const title = titles[place]
    return title === undefined ? content : { ...content, title }
  })
  return { ...message, contents }
}
