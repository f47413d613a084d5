// Exported events as CSV (RFC 4180) and back. No cell is a formula when a spreadsheet opens it, and none is changed for ever.
import { exportedFields, exportedNumbers, type ExportedEvent } from '../exported-event'

/** What spreadsheets calculate (OWASP, "CSV Injection"), and the mark that keeps them from it, so that it can be taken off. */
const DANGEROUS = /^[=+\-@\t\r']/
const MARK = "'"
const NEEDS_QUOTES = /[",\r\n]/

export const csvHeader = `${exportedFields.join()}\r\n`

/** One line. Nothing is an empty cell; an empty text is a pair of quotes. */
export function writeCsvLine(event: ExportedEvent): string {
  return `${exportedFields.map((name) => cellOf(event[name])).join()}\r\n`
}

function cellOf(value: ExportedEvent[keyof ExportedEvent]): string {
  if (value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = DANGEROUS.test(text) ? MARK + text : text
  return safe === '' || NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * Fields of one record as the schema wants to see them.
 * @throws Error when a cell holds no JSON where JSON is expected.
 */
export function readCsvRecord(
  names: readonly string[],
  cells: readonly (string | undefined)[],
): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [at, name] of names.entries()) {
    const cell = cells[at]
    if (cell === undefined) continue
    const text = cell.startsWith(MARK) && DANGEROUS.test(cell.slice(1)) ? cell.slice(1) : cell
    if (exportedNumbers.has(name as keyof ExportedEvent)) fields[name] = Number(text)
    else if (name === 'counted') fields[name] = text === 'true' ? true : text === 'false' ? false : text
    else fields[name] = name === 'metadata' ? JSON.parse(text) : text
  }
  return fields
}

/** Takes text in pieces and returns whole records. A cell without anything is `undefined`, `""` is an empty text. */
export function createCsvReader(maxRecordLength: number) {
  let record: (string | undefined)[] = []
  let cell = ''
  let length = 0
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  let wasReturn = false

  function endCell(): void {
    record.push(state === 'start' ? undefined : cell)
    cell = ''
    state = 'start'
  }

  return {
    /** @throws RangeError when a record is longer than it may be. */
    *read(text: string): Generator<(string | undefined)[]> {
      for (const char of text) {
        const isNewLine = char === '\n' && wasReturn
        wasReturn = false
        if (++length > maxRecordLength) throw new RangeError('record too long')
        if (state === 'quoted') {
          if (char === '"') state = 'quote'
          else cell += char
        } else if (char === '"' && (state === 'start' || state === 'quote')) {
          if (state === 'quote') cell += '"'
          state = 'quoted'
        } else if (char === ',') endCell()
        else if (char === '\r' || char === '\n') {
          wasReturn = char === '\r'
          if (isNewLine) continue
          yield* end()
        } else {
          state = 'plain'
          cell += char
        }
      }
    },
    end,
  }

  /** The last record, when it has no line end. */
  function* end(): Generator<(string | undefined)[]> {
    if (state !== 'start' || record.length > 0) {
      endCell()
      yield record
    }
    record = []
    length = 0
  }
}
