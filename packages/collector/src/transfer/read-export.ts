// A file of exported events, NDJSON or CSV, becomes events again, one at a time; a line that is none fails alone.
import { z } from 'zod'
import { exportedEventSchema, exportedFields, type ExportedEvent } from '../exported-event'
import { createCsvReader, readCsvRecord } from './csv'

/** An event, or why a line is none. */
export type ReadEvent = { line: number; event: ExportedEvent } | { line: number; problem: string }

/** Longest line or record, in characters; an event may have 16 KiB, of which a quote can take two. */
const MAX_LINE_LENGTH = 262_144

/**
 * Reads text in pieces. The first character tells the format: `{` begins NDJSON, everything else CSV with its header.
 * @throws Error with a sentence when the file cannot be an export.
 */
export async function* readExport(pieces: AsyncIterable<string>): AsyncGenerator<ReadEvent> {
  let first = true
  let read: ReturnType<typeof createJsonLines> | undefined
  for await (const piece of pieces) {
    const text = first ? piece.replace(/^\uFEFF/, '') : piece
    if (text === '') continue
    read ??= text.trimStart().startsWith('{') ? createJsonLines() : createCsvLines()
    first = false
    yield* read.take(text)
  }
  if (read) yield* read.end()
}

function createJsonLines() {
  let rest = ''
  let line = 0

  function* takeLine(text: string): Generator<ReadEvent> {
    line++
    if (text.trim() === '') return
    yield check(line, () => JSON.parse(text))
  }

  return {
    *take(piece: string): Generator<ReadEvent> {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_LENGTH) throw new Error(`Expected lines of at most ${MAX_LINE_LENGTH} characters.`)
      for (const text of lines) yield* takeLine(text)
    },
    *end(): Generator<ReadEvent> {
      yield* takeLine(rest)
    },
  }
}

function createCsvLines() {
  const reader = createCsvReader(MAX_LINE_LENGTH)
  let names: readonly string[] | undefined
  let line = 0

  function* takeRecord(cells: readonly (string | undefined)[]): Generator<ReadEvent> {
    line++
    if (names === undefined) {
      names = cells.map((cell) => cell ?? '')
      const unknown = names.find((name) => !(exportedFields as readonly string[]).includes(name))
      if (unknown !== undefined || !names.includes('id')) {
        throw new Error(
          `Expected the header of an export (${exportedFields.slice(0, 3).join()},…), got "${unknown ?? cells.join()}".`,
        )
      }
      return
    }
    const header = names
    yield check(line, () => readCsvRecord(header, cells))
  }

  return {
    *take(piece: string): Generator<ReadEvent> {
      for (const record of reader.read(piece)) yield* takeRecord(record)
    },
    *end(): Generator<ReadEvent> {
      for (const record of reader.end()) yield* takeRecord(record)
    },
  }
}

function check(line: number, parse: () => unknown): ReadEvent {
  let fields: unknown
  try {
    fields = parse()
  } catch {
    return { line, problem: 'expected JSON' }
  }
  const event = exportedEventSchema.safeParse(fields)
  if (event.success) return { line, event: event.data }
  return { line, problem: z.prettifyError(event.error).split('\n')[0]?.replace('✖ ', '') ?? 'no event' }
}
