// Whoever reads an export slowly costs no memory and holds nobody up: a socket that stops reading, beside ingest.
import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/database/open-database'
import { migrate } from '../../src/database/migrate'
import { endAllCollectors, startCollector, type CollectorProcess } from '../support/collector-process'
import { ADMIN_TOKEN } from '../support/collectors'
import { createPostgresDatabase } from '../support/databases'
import { impression } from '../support/events'

const EVENTS = 220_000
/** So that no statement is too long for its time limit. */
const EVENTS_AT_ONCE = 10_000
const METADATA_CHARACTERS = 300
/** What a page of events takes, and the statements beside it. */
const MOST_GROWTH_WHILE_SLOW_BYTES = 48 * 1_048_576
/** At full speed the garbage of hundreds of pages comes on top; measured, 18 MiB of it with the heap below. */
const MOST_GROWTH_BYTES = 64 * 1_048_576
/** A heap that could not hold the export. */
const HEAP = '--max-old-space-size=128 --max-semi-space-size=4'
const SLOW_READS = 60
const PAUSE_MS = 50
/** A request to a machine that also exports; it waits only for its own commit. */
const LONGEST_ANSWER_MS = 2_000

/** Resident memory of a process; Linux tells it in kibibytes. */
function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024
}

/** One piece of the answer with each call, and nothing more until the next one. */
function piecesOf(socket: Socket): () => Promise<Buffer | undefined> {
  const pieces: AsyncIterator<Buffer> = socket.iterator()
  return async () => {
    const { done, value } = await pieces.next()
    return done ? undefined : value
  }
}

describe.skipIf(process.platform !== 'linux')('an export of 220,000 events to a reader that hardly reads', () => {
  let database: Awaited<ReturnType<typeof createPostgresDatabase>>
  let collector: CollectorProcess

  beforeAll(async () => {
    database = await createPostgresDatabase()
    const db = await openDatabase({ databaseUrl: database.url })
    await migrate(db)
    // As the writer stores them, without its speed limit: the tables are what is read here.
    for (let from = 0; from < EVENTS; from += EVENTS_AT_ONCE) {
      await sql`insert into events (content_key, viewer_key, event_id, occurred_at, received_at, event_day, type, channel,
          device, counted, flags, metadata)
        select i % 1000 + 1, i % 5000 + 1, gen_random_uuid(), now(), now(), 'epoch'::date, 5, 1, 1, true, 0,
          jsonb_build_object('text', repeat('x', ${sql.lit(METADATA_CHARACTERS)}))
        from generate_series(1, ${sql.lit(EVENTS_AT_ONCE)}) i`.execute(db.kysely)
    }
    await db.close()
    collector = await startCollector({ DATABASE_URL: database.url, ADMIN_TOKEN, LOG_LEVEL: 'warn', NODE_OPTIONS: HEAP })
  })
  afterAll(async () => {
    collector?.signal('SIGTERM')
    await collector?.ended
    endAllCollectors()
    await database?.drop()
  })

  async function post(): Promise<{ status: number; tookMs: number }> {
    const startedAt = performance.now()
    const answer = await fetch(`${collector.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events: Array.from({ length: 20 }, () => impression()) }),
    })
    await answer.arrayBuffer()
    return { status: answer.status, tookMs: performance.now() - startedAt }
  }

  test('keeps the memory of the collector, stores what comes meanwhile, and ends whole', async () => {
    for (let warm = 0; warm < 5; warm++) await post()
    const { hostname, port } = new URL(collector.url)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, 'connect')
    socket.write(
      `GET /v1/export HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\nConnection: close\r\n\r\n`,
    )
    const readPiece = piecesOf(socket)
    const before = residentBytes(collector.pid)
    let most = before
    let bytes = 0
    let lines = 0
    const take = (piece: Buffer) => {
      bytes += piece.length
      // A chunk of the transfer encoding ends with \r\n as well; an event ends with } alone before its \n.
      for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) if (piece[at - 1] !== 13) lines++
    }

    const answers: { status: number; tookMs: number }[] = []
    for (let read = 0; read < SLOW_READS; read++) {
      take((await readPiece()) ?? Buffer.alloc(0))
      answers.push(await post())
      most = Math.max(most, residentBytes(collector.pid))
      await new Promise((resolve) => {
        setTimeout(resolve, PAUSE_MS)
      })
    }
    const bytesWhileSlow = bytes
    expect(most - before).toBeLessThan(MOST_GROWTH_WHILE_SLOW_BYTES)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(LONGEST_ANSWER_MS)

    for (let piece = await readPiece(); piece; piece = await readPiece()) {
      take(piece)
      most = Math.max(most, residentBytes(collector.pid))
    }
    expect(lines).toBeGreaterThanOrEqual(EVENTS)
    expect(bytes).toBeGreaterThan(MOST_GROWTH_BYTES * 1.5)
    expect(bytesWhileSlow).toBeLessThan(bytes / 10)
    expect(most - before).toBeLessThan(MOST_GROWTH_BYTES)
  }, 240_000)
})
