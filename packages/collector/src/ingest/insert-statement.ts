// Rows become arrays, and the arrays one statement, whose text is made once.
import { CompiledQuery, type Transaction } from 'kysely'
import type { Tables } from '../database/tables'
import { arrayBytes, type ItemsOf } from './array-bytes'

/** The transaction of a group. */
export type Run = Transaction<Tables>

interface Column {
  name: string
  /** Type of its items, as SQL writes it. */
  type: string
}

interface ColumnOf<Row> extends Column {
  bytesOf: (rows: readonly Row[]) => Buffer
}

export function column<Row, Item>(
  name: string,
  type: ItemsOf<Item>,
  value: (row: Row) => Item | null | undefined,
): ColumnOf<Row> {
  return { name, type: new type(0).sql, bytesOf: (rows) => arrayBytes(rows, type, value) }
}

/** The text is made once: what Kysely makes anew for each group cost more than the arrays of a small one. */
export function insertStatement<Row>(
  table: string,
  columns: readonly Column[],
  arraysOf: (rows: readonly Row[]) => Buffer[],
  rest: string,
) {
  const names = columns.map(({ name }) => name).join(', ')
  const arrays = columns.map(({ type }, place) => `$${place + 1}::${type}[]`).join(', ')
  const statement = `insert into ${table} (${names}) select * from unnest(${arrays}) ${rest}`
  return <Answer>(run: Run, rows: readonly Row[]) =>
    run.executeQuery(CompiledQuery.raw(statement, arraysOf(rows)) as CompiledQuery<Answer>)
}

export function upsertStatement<Row>(table: string, columns: readonly ColumnOf<Row>[], rest: string) {
  return insertStatement<Row>(table, columns, (rows) => columns.map(({ bytesOf }) => bytesOf(rows)), rest)
}
