// One column of many rows becomes PostgreSQL's text of an array (manual, 8.15.6), as one parameter of a statement.

export type Cell = string | number | boolean | null | undefined

/**
 * `{1,NULL,3}`. The driver makes the same from a list, but quotes and escapes every number too, which costs twice the
 * time here and more bytes on the way.
 * @param mayHoldAnything whether values are texts of others; numbers, times and ids of a checked shape need no quotes.
 */
export function arrayText<Row>(rows: readonly Row[], value: (row: Row) => Cell, mayHoldAnything: boolean): string {
  let text = '{'
  for (const row of rows) {
    const cell = value(row)
    if (text.length > 1) text += ','
    if (cell === null || cell === undefined) text += 'NULL'
    else text += mayHoldAnything ? quote(String(cell)) : cell
  }
  return `${text}}`
}

function quote(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}
