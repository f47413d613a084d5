// A table that is read, compared by its bars, followed by its links and taken away as CSV. All its texts are text nodes.
import type { ComponentChildren } from 'preact'
import { saveCsv, toCsv, type Cell } from './csv'
import { GoLink } from './go-link'
import type { Selection } from './selection'

export interface Column<Row> {
  label: string
  /** What is shown; without it, what `value` tells. */
  show?(row: Row): ComponentChildren
  /** What goes into the CSV. */
  value(row: Row): Cell
  isNumber?: boolean
  /** Nothing but a link; its label is for screen readers. */
  isIcon?: boolean
  /** Left out where there is little room. */
  isSecondary?: boolean
}

interface DataTableProps<Row> {
  /** Names the table for screen readers and its file. */
  name: string
  rows: Row[]
  /** The first one names the row. */
  columns: [Column<Row>, ...Column<Row>[]]
  keyOf(row: Row): string
  /** From 0 to 1. */
  barOf?(row: Row): number
  linkOf?(row: Row): Partial<Selection> | null
  /** Whether the row is what the reader has chosen. */
  isChosen?(row: Row): boolean
  /** What to say when there is no row. */
  empty: string
  /** Says which days the file is about. */
  fileDays?: string
}

export function CsvButton<Row>({
  name,
  rows,
  columns,
  fileDays,
}: Pick<DataTableProps<Row>, 'name' | 'rows' | 'columns' | 'fileDays'>) {
  const save = () =>
    saveCsv(
      `sightline ${name.toLowerCase()}${fileDays === undefined ? '' : ` ${fileDays}`}`,
      toCsv(
        columns.map(({ label }) => label),
        rows.map((row) => columns.map(({ value }) => value(row))),
      ),
    )
  return (
    <button class="quiet-button csv" type="button" onClick={save} aria-label={`Save ${name} as CSV`}>
      CSV
    </button>
  )
}

export function DataTable<Row>({ name, rows, columns, keyOf, barOf, linkOf, isChosen, empty }: DataTableProps<Row>) {
  if (rows.length === 0) return <p class="quiet nothing">{empty}</p>
  const [first, ...others] = columns
  const classOf = ({ isNumber, isSecondary, isIcon }: Column<Row>) =>
    [isNumber && 'number', isSecondary && 'secondary', isIcon && 'icon'].filter(Boolean).join(' ')
  const shown = (column: Column<Row>, row: Row) => (column.show ? column.show(row) : column.value(row))

  return (
    <div class="scroller" tabIndex={0} role="group" aria-label={name}>
      <table class={barOf ? 'bars' : ''}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} scope="col" class={classOf(column)}>
                {column.isIcon ? <span class="unseen">{column.label}</span> : column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const link = linkOf?.(row) ?? null
            const label = <span class="name">{shown(first, row)}</span>
            return (
              <tr key={keyOf(row)}>
                <th scope="row">
                  {barOf && <span class="bar" style={{ width: `${(100 * barOf(row)).toFixed(2)}%` }} />}
                  {link === null ? (
                    label
                  ) : (
                    <GoLink to={link} chosen={isChosen?.(row) ?? false}>
                      {label}
                    </GoLink>
                  )}
                </th>
                {others.map((column) => (
                  <td key={column.label} class={classOf(column)}>
                    {shown(column, row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
