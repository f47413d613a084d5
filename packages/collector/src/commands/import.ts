// sightline import: an export becomes events again, each once, with every counter that they had.
import { createReadStream } from 'node:fs'
import { ConfigError, readLastingConfig } from '../config'
import { errorCode } from '../database/error-class'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { createImporter } from '../import-events'
import { createSiteClock } from '../site-clock'
import { readExport } from '../transfer/read-export'

const MAX_TOLD_PROBLEMS = 20

export async function importCommand([file = '', ...flags]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (file === '' || file.startsWith('--')) {
    throw new ConfigError(['sightline: expected import <file>, or import - for standard input.'], 2)
  }
  const config = readLastingConfig(flags, env)
  const db = await openDatabase(config)
  try {
    await migrate(db)
    return await importFile(
      file,
      createImporter({ db, clock: createSiteClock(config.timezone), config, now: Date.now }),
    )
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    console.error(`sightline: there is no file ${file}.`)
    return 1
  } finally {
    await db.close()
  }
}

async function importFile(file: string, importer: ReturnType<typeof createImporter>): Promise<number> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  input.setEncoding('utf8')
  let problems = 0
  const tell = (line: number, problem: string): void => {
    problems++
    if (problems <= MAX_TOLD_PROBLEMS) console.error(`  line ${line}: ${problem}`)
  }
  for await (const read of readExport(input)) {
    if ('problem' in read) tell(read.line, read.problem)
    else await importer.add(read.event, read.line)
  }
  const { stored, uncounted, duplicates, erased, refused } = await importer.finish()
  for (const { line, code } of refused) tell(line, `the database refused it (${code})`)
  console.log(
    `Stored ${stored} event${stored === 1 ? '' : 's'}; ${duplicates} had been stored before; ` +
      `${erased} belong to persons who were erased; ${problems} could not be stored.`,
  )
  if (uncounted > 0) {
    console.log(
      `${uncounted} of them do not count: the events of their days were deleted here, so they may be repetitions.`,
    )
  }
  return problems === 0 ? 0 : 1
}
