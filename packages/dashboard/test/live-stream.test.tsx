import type { LiveMessage } from '@sightline/collector/live'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addMessage } from '../src/live-page'
import { createEventReader, listenLive, type LiveState } from '../src/live-stream'
import { StatsFailure, type Client } from '../src/stats-client'

const message: LiveMessage = {
  at: '2025-03-09T12:00:01.500Z',
  counts: { impression: 3, click: 1 },
  uncounted: 2,
  contents: [{ type: 'post', id: '42', title: 'A walk by the sea', counts: { impression: 3, click: 1 } }],
}
const event = (id: string, sent: LiveMessage) => `id: ${id}\nevent: counts\ndata: ${JSON.stringify(sent)}\n\n`

beforeEach(() => vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A collector whose streams are written by the test. */
function createStreams() {
  const asked: (string | undefined)[] = []
  const streams: ReadableStreamDefaultController<Uint8Array>[] = []
  let trouble: StatsFailure | null = null
  const client: Client = {
    get fresh() {
      return this
    },
    ask: () => Promise.reject(new Error('asked for numbers')),
    open: async (_path, options) => {
      asked.push(options?.headers?.['last-event-id'])
      if (trouble !== null) throw trouble
      const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
        streams.push(controller)
        options?.signal?.addEventListener('abort', () => controller.error(new Error('aborted')))
      }
      return new Response(new ReadableStream({ start }))
    },
  }
  return {
    asked,
    client,
    refuse: (failure: StatsFailure | null) => (trouble = failure),
    write: (text: string) => streams.at(-1)!.enqueue(new TextEncoder().encode(text)),
    end: () => streams.at(-1)!.close(),
  }
}

function listen(client: Client) {
  const messages: LiveMessage[] = []
  const states: LiveState[] = []
  const failures: StatsFailure[] = []
  const stop = listenLive(client, {
    onMessage: (each) => messages.push(each),
    onState: (state) => void (states.at(-1) !== state && states.push(state)),
    onFailure: (failure) => failures.push(failure),
  })
  return { messages, states, failures, stop }
}

test('reads events however the stream is cut', () => {
  const read = createEventReader()
  const text = `retry: 2000\n\n: \n\n${event('a-1', message)}`
  const events = [...text].flatMap((letter) => read(letter))
  expect(events).toEqual([{ id: 'a-1', event: 'counts', data: JSON.stringify(message) }])
})

test('tells every message, and comes back after a break with the place it was at', async () => {
  const streams = createStreams()
  const heard = listen(streams.client)
  await vi.advanceTimersByTimeAsync(0)
  streams.write(event('a-1', message))
  await vi.advanceTimersByTimeAsync(0)
  expect(heard.messages).toEqual([message])
  expect(heard.states).toEqual(['connecting', 'streaming'])
  streams.end()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(streams.asked).toEqual([undefined, 'a-1'])
  heard.stop()
})

test('asks for numbers instead while no stream gets through, and streams again when one does', async () => {
  const streams = createStreams()
  streams.refuse(new StatsFailure('unavailable', 'away'))
  const heard = listen(streams.client)
  await vi.advanceTimersByTimeAsync(3_500)
  expect(heard.states.at(-1)).toBe('polling')
  streams.refuse(null)
  await vi.advanceTimersByTimeAsync(15_000)
  streams.write(': \n\n')
  await vi.advanceTimersByTimeAsync(0)
  expect(heard.states.at(-1)).toBe('streaming')
  heard.stop()
})

test('gives up a stream that is silent for longer than its heartbeat', async () => {
  const streams = createStreams()
  const heard = listen(streams.client)
  await vi.advanceTimersByTimeAsync(0)
  expect(streams.asked).toHaveLength(1)
  streams.write(': \n\n')
  await vi.advanceTimersByTimeAsync(39_000)
  expect(streams.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(streams.asked).toHaveLength(2)
  heard.stop()
})

test('stops and says why when the token may not listen', async () => {
  const streams = createStreams()
  const failure = new StatsFailure('signed_out', 'no')
  streams.refuse(failure)
  const heard = listen(streams.client)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(heard.failures).toEqual([failure])
  expect(streams.asked).toHaveLength(1)
})

test('adds messages up by type and content, and keeps a minute of seconds', () => {
  const nothing = { counts: {}, uncounted: 0, contents: new Map(), strip: new Map(), at: null }
  const once = addMessage(nothing, message)
  const twice = addMessage(once, { ...message, at: '2025-03-09T12:01:30.000Z' })
  expect(twice.counts).toEqual({ impression: 6, click: 2 })
  expect(twice.uncounted).toBe(4)
  expect([...twice.contents.values()][0]).toMatchObject({
    id: '42',
    title: 'A walk by the sea',
    total: 8,
    counts: { impression: 6, click: 2 },
  })
  expect([...twice.strip.values()]).toEqual([4])
})
