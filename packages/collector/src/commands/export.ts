// sightline export: every stored event to a file or to standard output.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ConfigError, readLastingConfig } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { EXPECTED_INSTANT, readInstant } from '../instant'
import { exportEvents, type ExportQuery } from '../transfer/export-events'
import { takeOption } from './take-option'

export async function exportCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [first = '-', ...others] = argv
  const file = first.startsWith('--') ? '-' : first
  const { query, rest } = takeQuery(first.startsWith('--') ? argv : others, file)
  const db = await openDatabase(readLastingConfig(rest, env))
  try {
    await migrate(db)
    const text = Readable.from(exportEvents(db, query))
    // Nobody may read over the shoulder of an export, and standard output stays open for others.
    if (file === '-') await pipeline(text, process.stdout, { end: false })
    else await pipeline(text, createWriteStream(file, { mode: 0o600 }))
    return 0
  } finally {
    await db.close()
  }
}

function takeQuery(argv: string[], file: string): { query: ExportQuery; rest: string[] } {
  const format = takeOption(argv, '--format')
  const from = takeOption(format.rest, '--from')
  const to = takeOption(from.rest, '--to')
  const wanted = format.value ?? (file.endsWith('.csv') ? 'csv' : 'ndjson')
  if (wanted !== 'ndjson' && wanted !== 'csv') {
    throw new ConfigError([`sightline: --format must be ndjson or csv, got "${wanted}".`], 2)
  }
  return {
    query: { format: wanted, from: instantOf('--from', from.value), to: instantOf('--to', to.value) },
    rest: to.rest,
  }
}

function instantOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const at = readInstant(text)
  if (Number.isNaN(at)) throw new ConfigError([`sightline: ${name}: ${EXPECTED_INSTANT}, got "${text}".`], 2)
  return new Date(at)
}
