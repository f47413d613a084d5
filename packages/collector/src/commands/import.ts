// sightline import: an export becomes events again, each once, with every counter that they had.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { ConfigError, readLastingConfig } from '../config'
import { errorCode } from '../database/error-class'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { createImporter, type Imported } from '../import-events'
import { createSiteClock } from '../site-clock'
import { readExport } from '../transfer/read-export'
import { createTransferProgress } from '../transfer/tell-progress'
import { interruptible, INTERRUPTED } from './interruption'
import { takeSwitch } from './take-option'

const MAX_TOLD_PROBLEMS = 20

interface Output {
  isQuiet: boolean
  asJson: boolean
}

export async function importCommand([file = '', ...argv]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (file === '' || (file !== '-' && file.startsWith('-'))) {
    throw new ConfigError(['sightline: expected import <file>, or import - for standard input.'], 2)
  }
  const quiet = takeSwitch(argv, '--quiet')
  const json = takeSwitch(quiet.rest, '--json')
  const config = readLastingConfig(json.rest, env)
  const db = await openDatabase(config)
  try {
    await migrate(db)
    const importer = createImporter({ db, clock: createSiteClock(config.timezone), config, now: Date.now })
    const output = { isQuiet: quiet.isOn || json.isOn, asJson: json.isOn }
    return await interruptible((signal) => importFile(file, importer, output, signal))
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    console.error(`sightline: there is no file ${file}.`)
    return 1
  } finally {
    await db.close()
  }
}

async function importFile(
  file: string,
  importer: ReturnType<typeof createImporter>,
  { isQuiet, asJson }: Output,
  signal: AbortSignal,
): Promise<number> {
  const totalBytes = file === '-' ? undefined : (await stat(file)).size
  const input = file === '-' ? process.stdin : createReadStream(file)
  input.setEncoding('utf8')
  // Without this, standard input would be waited for until it says something.
  signal.addEventListener('abort', () => input.destroy(), { once: true })
  let readBytes = 0
  async function* pieces(): AsyncGenerator<string> {
    try {
      for await (const piece of input as AsyncIterable<string>) {
        readBytes += Buffer.byteLength(piece)
        yield piece
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  const progress = createTransferProgress(isQuiet ? { write: () => {} } : process.stderr, () => performance.now())
  let events = 0
  let problems = 0
  const tell = (line: number, problem: string): void => {
    problems++
    if (problems <= MAX_TOLD_PROBLEMS) console.error(`  line ${line}: ${problem}`)
  }
  for await (const read of readExport(pieces())) {
    // The last line may have been cut in two.
    if (signal.aborted) break
    if ('problem' in read) tell(read.line, read.problem)
    else {
      await importer.add(read.event, read.line)
      progress.update(++events, totalBytes ? readBytes / totalBytes : undefined)
    }
  }
  const imported = await importer.finish()
  if (signal.aborted) {
    console.error(
      `\nsightline: stopped; ${imported.stored.toLocaleString('en')} events were stored. ` +
        'Run the same command again to go on: what is stored already is not stored twice.',
    )
    return INTERRUPTED
  }
  for (const { line, code } of imported.refused) tell(line, `the database refused it (${code})`)
  progress.finish(`${events.toLocaleString('en')} event${events === 1 ? '' : 's'} read`, events)
  if (asJson) console.log(JSON.stringify({ file, events, problems, ...imported }))
  else if (!isQuiet) console.log(explain(imported, problems))
  return problems === 0 ? 0 : 1
}

function explain(
  { stored, uncounted, duplicates, erased, daysToClose, daysClosedForGood }: Imported,
  problems: number,
) {
  const sentences = [
    `Stored ${stored} event${stored === 1 ? '' : 's'}; ${duplicates} had been stored before; ` +
      `${erased} belong to persons who were erased; ${problems} could not be stored.`,
  ]
  if (uncounted > 0) {
    sentences.push(
      `${uncounted} of them do not count: the events of their days were deleted here, so they may be repetitions.`,
    )
  }
  if (daysToClose.length > 0) {
    sentences.push(
      `To be counted anew: ${rangeOf(daysToClose)}. A running collector does it within ten minutes, ` +
        'and now does: sightline jobs run close-days',
    )
  }
  if (daysClosedForGood.length > 0) {
    sentences.push(
      `Statistics that stay as they are: ${rangeOf(daysClosedForGood)}. Some events of before were deleted here since.`,
    )
  }
  return sentences.join('\n')
}

/** Of days in their order. */
function rangeOf(days: readonly string[]): string {
  const [first = '', last = ''] = [days[0], days.at(-1)]
  return days.length === 1 ? first : `${days.length} days from ${first} to ${last}`
}
