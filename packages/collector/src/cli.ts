// The command `sightline`: first word to command, errors to sentences and exit codes (0, 1, 2 usage, 78 configuration).
import { version } from '../package.json'
import { deadLettersCommand } from './commands/dead-letters'
import { demoCommand } from './commands/demo'
import { helpText } from './commands/help'
import { migrateCommand } from './commands/migrate'
import { startCommand } from './commands/start'
import { tokenCommand } from './commands/token'
import { ConfigError } from './config'
import { DataDirInUse } from './database/data-dir-lock'
import { classifyError } from './database/error-class'

const commands: Record<string, (argv: string[], env: NodeJS.ProcessEnv) => Promise<number>> = {
  start: startCommand,
  demo: demoCommand,
  migrate: migrateCommand,
  token: tokenCommand,
  'dead-letters': deadLettersCommand,
}

async function run([command = 'start', ...argv]: string[]): Promise<number> {
  if (command === '--version') {
    console.log(version)
    return 0
  }
  const isHelp = command === 'help' || command === '--help' || command === '-h'
  const explainsItself = command === 'demo'
  if (isHelp || (!explainsItself && (argv.includes('--help') || argv.includes('-h')))) {
    console.log(helpText(isHelp ? argv[0] : command))
    return 0
  }
  // `sightline --port 80` is `sightline start --port 80`.
  const startsWithFlag = command.startsWith('-')
  const chosen = startsWithFlag ? startCommand : commands[command]
  if (!chosen) {
    console.error(`sightline: there is no command "${command}".\n\n${helpText()}`)
    return 2
  }
  return chosen(startsWithFlag ? [command, ...argv] : argv, process.env)
}

function explain(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error(error.message)
    return error.exitCode
  }
  if (error instanceof DataDirInUse) {
    console.error(`sightline: ${error.message}`)
    return 1
  }
  if (classifyError(error) === 'connection') {
    console.error(
      `sightline: the database cannot be reached (${error instanceof Error ? error.message : ''}). Check DATABASE_URL.`,
    )
    return 1
  }
  console.error(error)
  return 1
}

process.exitCode = await run(process.argv.slice(2)).catch(explain)
