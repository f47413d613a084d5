// One column of many rows becomes PostgreSQL's text of an array (manual, 8.15.6), as one parameter of a statement.

export type Cell = string | number | boolean | null | undefined

/**
 * `{1,NULL,3}`, or `{}` when no row has a value, which `unnest` beside a longer array fills with NULL. The driver makes
 * the same from a list, but quotes and escapes every number too, which costs twice the time here and more bytes on the way.
 * @param mayHoldAnything whether values are texts of others; numbers, times and ids of a checked shape need no quotes.
 */
export function arrayText<Row>(rows: readonly Row[], value: (row: Row) => Cell, mayHoldAnything: boolean): string {
  let text = ''
  let missing = 0
  for (const row of rows) {
    const cell = value(row)
    if (cell === null || cell === undefined) {
      missing++
      text += ',NULL'
    } else text += mayHoldAnything ? `,${quote(String(cell))}` : `,${cell}`
  }
  return missing === rows.length ? '{}' : `{${text.slice(1)}}`
}

function quote(text: string): string {
  return text.includes('"') || text.includes('\\') ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

/** Events of one group happened in few different seconds. */
const MAX_REMEMBERED_SECONDS = 10_000
const seconds = new Map<number, string>()

/** An instant as PostgreSQL reads it, `2026-11-21T10:00:00.042Z`. Formatting only each second anew costs a third. */
export function instantText(ms: number): string {
  const second = Math.floor(ms / 1_000)
  let text = seconds.get(second)
  if (text === undefined) {
    if (seconds.size >= MAX_REMEMBERED_SECONDS) seconds.clear()
    text = new Date(second * 1_000).toISOString().slice(0, -4)
    seconds.set(second, text)
  }
  const rest = ms - second * 1_000
  return `${text}${rest < 100 ? (rest < 10 ? '00' : '0') : ''}${Math.floor(rest)}Z`
}
