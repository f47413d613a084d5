// Tables leave as CSV that opens in a spreadsheet without running anything (OWASP: CSV injection).

export type Cell = string | number | null

/** A spreadsheet takes a text that begins like this for a formula. */
const FORMULA = /^[=+\-@\t\r]/

function writeCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** RFC 4180, with the names of the columns first. */
export const toCsv = (header: string[], rows: Cell[][]) =>
  [header, ...rows].map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')

/** Hands a file to the reader. */
export function saveCsv(name: string, text: string): void {
  // The mark at the start tells spreadsheets that it is UTF-8.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.replaceAll(/[^\w-]+/g, '-')}.csv`
  link.click()
  URL.revokeObjectURL(url)
}
