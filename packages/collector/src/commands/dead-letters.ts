// sightline dead-letters: shows the events that the database refused, and stores them after what refused them is repaired.
import { ConfigError, readLastingConfig, type Config } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase, type Database } from '../database/open-database'
import { listDeadLetters, replayDeadLetters } from '../ingest/replay-dead-letters'
import { DEAD_LETTER_DAYS } from '../retention/delete-expired'
import { takeSwitch } from './take-option'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export async function deadLettersCommand([action = '', ...given]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const run = actions[action]
  if (!run) {
    throw new ConfigError([`sightline: expected dead-letters list or dead-letters replay, got "${action}".`], 2)
  }
  const json = takeSwitch(given, '--json')
  const { isOn: isQuiet, rest: argv } = takeSwitch(json.rest, '--quiet')
  const [first = ''] = argv
  const id = action === 'replay' && UUID.test(first) ? first.toLowerCase() : undefined
  const config = readLastingConfig(id === undefined ? argv : argv.slice(1), env)
  const db = await openDatabase(config)
  try {
    await migrate(db)
    return await run(db, config, id, { asJson: json.isOn, isQuiet })
  } finally {
    await db.close()
  }
}

interface Output {
  asJson: boolean
  isQuiet: boolean
}

type Action = (db: Database, config: Config, id: string | undefined, output: Output) => Promise<number>

const actions: Record<string, Action> = {
  async list(db, _config, _id, { asJson, isQuiet }) {
    const letters = await listDeadLetters(db)
    if (asJson) {
      console.log(JSON.stringify(letters, null, 2))
      return 0
    }
    for (const { id, receivedAt, code, message } of letters) {
      console.log(`${id}  ${receivedAt.toISOString()}  ${code}  ${message}`)
    }
    const kept = `Each is deleted ${DEAD_LETTER_DAYS} days after it arrived.`
    if (!isQuiet)
      console.log(letters.length === 0 ? 'There are no dead letters.' : `${counted(letters.length)}. ${kept}`)
    return 0
  },
  async replay(db, { viewDedupeMs }, onlyId, { asJson, isQuiet }) {
    const { stored, duplicates, refused } = await replayDeadLetters(db, { viewDedupeMs, onlyId })
    if (onlyId !== undefined && stored + duplicates + refused.length === 0) {
      console.error(`sightline: there is no dead letter ${onlyId}. Run "sightline dead-letters list" to see them.`)
      return 1
    }
    if (asJson) console.log(JSON.stringify({ stored, duplicates, refused }))
    else if (!isQuiet)
      console.log(`Stored ${counted(stored)}; ${duplicates} had been stored before; ${refused.length} refused again.`)
    for (const { id, code } of refused) console.error(`  ${id} was refused again (${code}).`)
    return refused.length === 0 ? 0 : 1
  },
}

const counted = (letters: number) => `${letters} dead letter${letters === 1 ? '' : 's'}`
