// GET /v1/export: all events as NDJSON or CSV, streamed; a reader that stands still is cut.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Database } from '../database/open-database'
import { Refusal } from '../errors'
import { EXPECTED_INSTANT, readInstant } from '../instant'
import { exportEvents } from './export-events'

export interface ExportRouteDeps {
  db: Pick<Database, 'stats'>
  requireAdmin: (request: FastifyRequest) => Promise<void>
  maxExports?: number
  /** A reader that takes nothing for this long is cut. */
  patienceMs?: number
}

/** Each holds a page of events in memory, and asks for the next one as fast as its reader reads. */
const MAX_EXPORTS = 4
const PATIENCE_MS = 60_000

const instant = z
  .string()
  .transform(readInstant)
  .refine((ms) => !Number.isNaN(ms))
  .transform((ms) => new Date(ms))
export const exportQuerySchema = z.strictObject({
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  from: instant.optional(),
  to: instant.optional(),
})

const mediaTypes = { ndjson: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8; header=present' }

export function registerExportRoute(scope: FastifyInstance, deps: ExportRouteDeps): void {
  const { db, requireAdmin, maxExports = MAX_EXPORTS, patienceMs = PATIENCE_MS } = deps
  let running = 0

  scope.get('/v1/export', { preHandler: requireAdmin, exposeHeadRoute: false }, async (request, reply) => {
    const query = exportQuerySchema.safeParse(request.query)
    if (!query.success) {
      const name = String(query.error.issues[0]?.path[0] ?? 'only format, from and to')
      throw new Refusal(
        'invalid_query',
        `Expected ${name === 'format' ? 'format to be ndjson or csv' : instantProblem(name)}.`,
      )
    }
    if (running >= maxExports) throw new Refusal('too_many_exports')
    running++
    const text = Readable.from(exportEvents(db, query.data), { highWaterMark: 1 })
    text.once('close', () => {
      running--
    })
    cutWhenStill(reply, text, patienceMs)
    return reply
      .type(mediaTypes[query.data.format])
      .header('cache-control', 'private, no-store')
      .header('content-disposition', `attachment; filename="events.${query.data.format}"`)
      .send(text)
  })
}

const instantProblem = (name: string) => (name === 'from' || name === 'to' ? `${name}: ${EXPECTED_INSTANT}` : name)

// What waits in the socket shrinks while the reader reads.
function cutWhenStill(reply: FastifyReply, text: Readable, patienceMs: number): void {
  const { raw } = reply
  let lastWritten = -1
  const watch = setInterval(() => {
    const written = (raw.socket?.bytesWritten ?? 0) - (raw.socket?.writableLength ?? 0)
    if (written === lastWritten && raw.writableNeedDrain) raw.destroy()
    lastWritten = written
  }, patienceMs)
  watch.unref()
  raw.once('close', () => {
    clearInterval(watch)
    text.destroy()
  })
}
