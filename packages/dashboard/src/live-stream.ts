// Server-sent events over fetch, because EventSource cannot send a token (WHATWG HTML, 9.2). Comes back after a break.
import type { LiveMessage } from '@sightline/collector/live'
import { StatsFailure, type Client } from './stats-client'

export type LiveState = 'connecting' | 'streaming' | 'polling'

export interface LiveListener {
  onMessage(message: LiveMessage): void
  onState(state: LiveState): void
  onFailure(failure: StatsFailure): void
}

/** First pause before another attempt, doubled up to {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000
/** The collector says at least this often that it is there (its heartbeat is 15 seconds). */
const SILENCE_MS = 40_000
/** Attempts without a single message before numbers are asked for instead. */
const ATTEMPTS_BEFORE_POLLING = 2

export interface StreamEvent {
  id: string | undefined
  event: string
  data: string
}

/** Takes the text of a stream piece by piece and gives back the events that are complete. */
export function createEventReader(): (text: string) => StreamEvent[] {
  let rest = ''
  return (text) => {
    const blocks = (rest + text).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const fields: Record<string, string> = {}
      for (const line of block.split(/\r?\n/)) {
        const colon = line.indexOf(':')
        if (colon < 1) continue
        fields[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '')
      }
      return fields.data === undefined ? [] : [{ id: fields.id, event: fields.event ?? 'message', data: fields.data }]
    })
  }
}

/** Listens until the returned function is called; while no stream can be held, `onState('polling')` says so. */
export function listenLive(client: Client, { onMessage, onState, onFailure }: LiveListener): () => void {
  const end = new AbortController()
  let lastId: string | undefined
  let failures = 0

  async function readOnce(): Promise<void> {
    const cut = new AbortController()
    const stop = () => cut.abort()
    end.signal.addEventListener('abort', stop)
    let silence = setTimeout(stop, SILENCE_MS)
    try {
      const response = await client.open('live', {
        signal: cut.signal,
        ...(lastId !== undefined && { headers: { 'last-event-id': lastId } }),
      })
      const body = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      if (body === undefined) throw new StatsFailure('unavailable', 'The stream has no body.')
      const take = createEventReader()
      for (;;) {
        const { done, value } = await body.read()
        if (done) return
        failures = 0
        onState('streaming')
        clearTimeout(silence)
        silence = setTimeout(stop, SILENCE_MS)
        for (const { id, event, data } of take(value)) {
          lastId = id ?? lastId
          if (event === 'counts') onMessage(JSON.parse(data) as LiveMessage)
        }
      }
    } finally {
      clearTimeout(silence)
      end.signal.removeEventListener('abort', stop)
    }
  }

  async function run(): Promise<void> {
    onState('connecting')
    while (!end.signal.aborted) {
      const hasFailed = await readOnce().then(
        () => false,
        (error: unknown) => {
          if (end.signal.aborted) return true
          if (error instanceof StatsFailure && error.kind !== 'unavailable') {
            onFailure(error)
            end.abort()
          }
          return true
        },
      )
      if (end.signal.aborted) return
      if (hasFailed) failures++
      onState(failures >= ATTEMPTS_BEFORE_POLLING ? 'polling' : 'connecting')
      const pauseMs = hasFailed ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) : 0
      await new Promise((resolve) => {
        setTimeout(resolve, pauseMs)
      })
    }
  }

  void run()
  return () => end.abort()
}
