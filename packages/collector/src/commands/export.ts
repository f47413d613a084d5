// sightline export: every stored event to a file or to standard output.
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ConfigError, readLastingConfig } from '../config'
import { errorCode } from '../database/error-class'
import { migrate } from '../database/migrate'
import { openDatabase, type Database } from '../database/open-database'
import { EXPECTED_INSTANT, readInstant } from '../instant'
import { countExported, exportEvents, type ExportQuery } from '../transfer/export-events'
import { createTransferProgress } from '../transfer/tell-progress'
import { interruptible, INTERRUPTED } from './interruption'
import { takeOption, takeSwitch } from './take-option'

interface Wanted {
  file: string
  query: ExportQuery
  isQuiet: boolean
  asJson: boolean
}

export async function exportCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { wanted, rest } = readWanted(argv)
  const db = await openDatabase(readLastingConfig(rest, env))
  try {
    await migrate(db)
    return await interruptible((signal) => write(db, wanted, signal))
  } catch (error) {
    if (wanted.file !== '-' || errorCode(error) !== 'EPIPE') throw error
    console.error('sightline: what reads standard output ended before the export did, so it is not whole.')
    return 1
  } finally {
    await db.close()
  }
}

async function write(db: Database, { file, query, isQuiet, asJson }: Wanted, signal: AbortSignal): Promise<number> {
  let events = 0
  // Counting reads an index from end to end, which may take longer than a statement may; then nothing is told of the rest.
  const total = isQuiet ? 0 : await countExported(db, query).catch(() => 0)
  // Standard output may be the export itself.
  const progress = createTransferProgress(isQuiet ? { write: () => {} } : process.stderr, () => performance.now())
  const text = Readable.from(
    exportEvents(db, query, (written) => {
      events += written
      progress.update(events, total === 0 ? undefined : events / total)
    }),
  )
  try {
    await (file === '-' ? pipeline(text, process.stdout, { end: false, signal }) : writeFile(text, file, signal))
  } catch (error) {
    if (!signal.aborted) throw error
    const left = file === '-' ? 'What was written is not whole.' : `${file} was not written.`
    console.error(`\nsightline: stopped after ${events.toLocaleString('en')} events. ${left}`)
    return INTERRUPTED
  }
  const place = file === '-' ? 'standard output' : file
  progress.finish(`${events.toLocaleString('en')} event${events === 1 ? '' : 's'} written to ${place}`, events)
  if (asJson) console.log(JSON.stringify({ file, format: query.format, events, bytes: (await stat(file)).size }))
  return 0
}

/** A file has its name when it is whole; until then it is `<name>.part`. What is no plain file is written to as it is. */
async function writeFile(text: Readable, file: string, signal: AbortSignal): Promise<void> {
  const isPlain = await stat(file).then(
    (found) => found.isFile(),
    () => true,
  )
  const target = isPlain ? `${file}.part` : file
  try {
    // Nobody may read over the shoulder of an export.
    await pipeline(text, createWriteStream(target, { mode: 0o600 }), { signal })
    if (isPlain) await rename(target, file)
  } catch (error) {
    if (isPlain) await rm(target, { force: true })
    throw error
  }
}

function readWanted(argv: string[]): { wanted: Wanted; rest: string[] } {
  const [first = '-', ...others] = argv
  const hasFile = first === '-' || !first.startsWith('-')
  const file = hasFile ? first : '-'
  const quiet = takeSwitch(hasFile ? others : argv, '--quiet')
  const json = takeSwitch(quiet.rest, '--json')
  const { query, rest } = takeQuery(json.rest, file)
  if (json.isOn && file === '-') {
    throw new ConfigError(
      [
        'sightline: export --json needs a file, because standard output is the export itself. Example: export events.ndjson --json',
      ],
      2,
    )
  }
  return { wanted: { file, query, isQuiet: quiet.isOn || json.isOn, asJson: json.isOn }, rest }
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
