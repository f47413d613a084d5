// Moderators see counters as they happen; a listener costs ingest nothing, and a slow one is cut.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import Fastify, { type FastifyInstance } from 'fastify'
import { createLiveFeed, type StoredEvent } from '../../src/live/live-feed'
import { registerLiveRoute } from '../../src/live/live-route'
import { about, tokenOf, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'

const view = (id: string, fields: Partial<StoredEvent> = {}): StoredEvent => ({
  type: 'view',
  contentType: 'post',
  contentId: id,
  counted: true,
  ...fields,
})

const newFeed = () => createLiveFeed('s', Date.now)

const dataOf = (message: string) => JSON.parse(/data: (.*)/.exec(message)?.[1] ?? 'null')

const idOf = (message: string) => /id: (\S+)/.exec(message)?.[1]

describe('the feed', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00Z') }))
  afterEach(() => void vi.useRealTimers())

  test('adds up a second of events into one message for all listeners', () => {
    const feed = newFeed()
    const heard: string[][] = [[], []]
    for (const list of heard) feed.listen(undefined, (message) => list.push(message))
    feed.tell([view('1'), view('1'), view('2', { type: 'click' })])
    feed.tell([
      view('1', { counted: false }),
      { type: 'like', contentType: undefined, contentId: undefined, counted: true },
    ])
    expect(heard).toEqual([[], []])
    vi.advanceTimersByTime(1_000)
    expect(heard[0]).toHaveLength(1)
    expect(heard[1]).toEqual(heard[0])
    expect(dataOf(heard[0]?.[0] ?? '')).toEqual({
      at: '2026-11-21T12:00:01.000Z',
      counts: { view: 2, click: 1, like: 1 },
      uncounted: 1,
      contents: [
        { type: 'post', id: '1', counts: { view: 2 } },
        { type: 'post', id: '2', counts: { click: 1 } },
      ],
    })
    feed.close()
  })

  test('is silent while nothing happens, and looks at no event while nobody listens', () => {
    const feed = newFeed()
    let looked = 0
    function* events(): Generator<StoredEvent> {
      looked++
      yield view('1')
    }
    feed.tell(events())
    expect(looked).toBe(0)
    const heard: string[] = []
    feed.listen(undefined, (message) => heard.push(message))
    vi.advanceTimersByTime(5_000)
    expect(heard).toEqual([])
    feed.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('repeats to who comes back what they missed, and nothing else', () => {
    const feed = newFeed()
    const first: string[] = []
    const stop = feed.listen(undefined, (message) => first.push(message))
    const happen = (id: string) => {
      feed.tell([view(id)])
      vi.advanceTimersByTime(1_000)
    }
    happen('1')
    stop()
    happen('2')
    happen('3')
    const again: string[] = []
    feed.listen(idOf(first[0] ?? ''), (message) => again.push(message))
    happen('4')
    expect(again.map((message) => dataOf(message).contents[0].id)).toEqual(['2', '3', '4'])
    feed.close()
  })

  test.each(['other-17', 's-0', 'nonsense'])(
    'tells who comes back with %s to read the counters anew',
    (lastEventId) => {
      const feed = newFeed()
      const heard: string[] = []
      feed.listen(lastEventId, (message) => heard.push(message))
      expect(heard[0]).toContain('event: reset\n')
      feed.close()
    },
  )

  test('forgets all after two minutes without a listener', () => {
    const feed = newFeed()
    const heard: string[] = []
    feed.listen(undefined, (message) => heard.push(message))()
    vi.advanceTimersByTime(130_000)
    expect(vi.getTimerCount()).toBe(0)
    const again: string[] = []
    feed.listen('s-1', (message) => again.push(message))
    expect(again[0]).toContain('event: reset\n')
    feed.close()
  })

  test('sends at most fifty contents, the ones with the most events', () => {
    const feed = newFeed()
    const heard: string[] = []
    feed.listen(undefined, (message) => heard.push(message))
    for (let id = 0; id < 80; id++) feed.tell(Array.from({ length: id + 1 }, () => view(String(id))))
    vi.advanceTimersByTime(1_000)
    const { contents } = dataOf(heard[0] ?? '')
    expect([contents.length, contents[0].id, contents[49].id]).toEqual([50, '79', '30'])
    feed.close()
  })
})

/** What one listener hears of a view of post 1, with these titles and after so long. */
async function hear(findTitles: Parameters<typeof createLiveFeed>[2], waitMs: number) {
  const feed = createLiveFeed('s', Date.now, findTitles)
  const heard: string[] = []
  feed.listen(undefined, (message) => heard.push(message))
  feed.tell([view('1'), view('2')])
  await vi.advanceTimersByTimeAsync(waitMs)
  feed.close()
  return heard.map((message) => dataOf(message).contents.map(({ title }: { title?: string }) => title))
}

const never = () => new Promise<never>(() => {})

describe('titles in the feed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('are those of the catalogue, in the same message', async () => {
    expect(await hear(async () => ['One', undefined], 1_000)).toEqual([['One', undefined]])
  })

  test('are waited for half a second at most', async () => {
    expect(await hear(never, 1_499)).toEqual([])
    expect(await hear(never, 1_500)).toEqual([[undefined, undefined]])
  })

  test('are left out when they cannot be asked for', async () => {
    expect(await hear(() => Promise.reject(new Error('away')), 1_000)).toEqual([[undefined, undefined]])
  })

  test('do not bring the messages out of their order', async () => {
    const feed = createLiveFeed('s', Date.now, (contents) => {
      const ids = contents.map(({ id }) => id)
      return new Promise((resolve) => {
        setTimeout(() => resolve(ids), ids[0] === '1' ? 900 : 0)
      })
    })
    const heard: string[] = []
    feed.listen(undefined, (message) => heard.push(message))
    feed.tell([view('1')])
    await vi.advanceTimersByTimeAsync(1_000)
    feed.tell([view('2')])
    await vi.advanceTimersByTimeAsync(1_500)
    expect(heard.map((message) => [idOf(message), dataOf(message).contents[0].id])).toEqual([
      ['s-2', '1'],
      ['s-3', '2'],
    ])
    feed.close()
  })
})

const open = (url: string) => fetch(`${url}/v1/live`)

describe('the route', () => {
  let app: FastifyInstance
  let end: (() => void) | undefined
  async function listen(options: { maxListeners?: number; heartbeatMs?: number; maxLifeMs?: number } = {}) {
    const feed = createLiveFeed('s', Date.now)
    app = Fastify()
    registerLiveRoute(app, { feed, requireModerator: async () => {}, onEnd: (close) => (end = close), ...options })
    app.setErrorHandler((error, _request, reply) =>
      reply.status(Object(error).status ?? 500).send({ code: Object(error).code }),
    )
    return { feed, url: await app.listen({ port: 0, host: '127.0.0.1' }) }
  }
  afterEach(async () => {
    end?.()
    await app.close()
  })

  test('lets in as many listeners as it may, and the next when one leaves', async () => {
    const { feed, url } = await listen({ maxListeners: 2 })
    const leaving = new AbortController()
    const first = await fetch(`${url}/v1/live`, { signal: leaving.signal })
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect((await open(url)).status).toBe(200)
    const third = await open(url)
    expect([third.status, await third.json()]).toEqual([503, { code: 'too_many_listeners' }])
    leaving.abort()
    await expect.poll(() => feed.listeners()).toBe(1)
    expect((await open(url)).status).toBe(200)
  })

  test('says that it lives, and ends a stream after a while, so that its token is asked for again', async () => {
    const { feed, url } = await listen({ heartbeatMs: 20, maxLifeMs: 150 })
    const text = await (await open(url)).text()
    expect(text).toMatch(/^retry: 2000\n\n(: \n\n)+$/)
    expect(feed.listeners()).toBe(0)
  })

  test('cuts a listener that does not read, and no other', async () => {
    const { feed, url } = await listen()
    const still = connect(Number(new URL(url).port), '127.0.0.1')
    still.write('GET /v1/live HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(still, 'data')
    still.pause()
    const reading = open(url).then((answer) => answer.text())
    await expect.poll(() => feed.listeners()).toBe(2)
    const long = 'x'.repeat(200_000)
    for (let second = 0; second < 20 && feed.listeners() > 1; second++) {
      feed.tell(Array.from({ length: 50 }, (_, id) => view(`${id}${long}`)))
      await sleep(1_050)
    }
    expect(feed.listeners()).toBe(1)
    end?.()
    expect(await reading).toContain('event: counts')
    still.destroy()
  }, 30_000)
})

onBothDatabases('live', (database) => {
  const build = useCollectors(database)

  test('names contents as the catalogue does, also when their title has just changed', async () => {
    const { app, send, register } = await build()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const authorization = `Bearer ${await tokenOf('mo', { role: 'moderator' })}`
    const answer = await fetch(`${url}/v1/live`, { headers: { authorization } })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const reading = (async () => {
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return
        text += value
      }
    })()
    const titleOfNext = async () => {
      text = ''
      await send([about('7', { type: 'like' })])
      await expect.poll(() => text, { timeout: 5_000 }).toContain('event: counts')
      return dataOf(text).contents
    }
    const seven = { type: 'post', id: '7', counts: { like: 1 } }
    expect(await titleOfNext()).toEqual([seven])
    await register('7', { title: 'A walk by the sea' })
    expect(await titleOfNext()).toEqual([{ ...seven, title: 'A walk by the sea' }])
    await app.close()
    await reading
  })

  test('tells what was committed, once, while it happens, to moderators only', async () => {
    const { app, send, call } = await build()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    expect((await call('GET', '/v1/live')).statusCode).toBe(401)
    const authorization = `Bearer ${await tokenOf('mo', { role: 'moderator' })}`
    const answer = await fetch(`${url}/v1/live`, { headers: { authorization } })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const reading = (async () => {
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { done: true }
        if (done) return
        text += value
      }
    })()
    const events = [about('7', { type: 'like' }), about('7', { type: 'click' })]
    await send(events)
    await send(events)
    await expect.poll(() => text, { timeout: 5_000 }).toContain('event: counts')
    expect(JSON.parse(/data: (.*)/.exec(text)?.[1] ?? '')).toMatchObject({ counts: { like: 1, click: 1 } })
    // Closing ends the stream, so that the process can end.
    await app.close()
    await reading
  })
})
