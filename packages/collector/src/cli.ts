// The command `sightline`: first word to command, errors to sentences and exit codes (0, 1, 2 usage, 78 configuration).
import { version } from '../package.json'
import { deadLettersCommand } from './commands/dead-letters'
import { demoCommand } from './commands/demo'
import { doctorCommand } from './commands/doctor'
import { eraseCommand } from './commands/erase'
import { exportCommand } from './commands/export'
import { helpText } from './commands/help'
import { importCommand } from './commands/import'
import { jobsCommand } from './commands/jobs'
import { migrateCommand } from './commands/migrate'
import { startCommand } from './commands/start'
import { tokenCommand } from './commands/token'
import { ConfigError } from './config'
import { DataDirInUse } from './database/data-dir-lock'
import { classifyError } from './database/error-class'
import { readEnvironment, type Environment } from './env-file'
import { nearMiss } from './near-miss'

type Command = (argv: string[], env: NodeJS.ProcessEnv, environment: Environment) => Promise<number>

const commands: Record<string, Command> = {
  start: startCommand,
  demo: demoCommand,
  migrate: migrateCommand,
  token: tokenCommand,
  'dead-letters': deadLettersCommand,
  export: exportCommand,
  import: importCommand,
  erase: eraseCommand,
  jobs: jobsCommand,
  doctor: doctorCommand,
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
    const meant = nearMiss(command, [...Object.keys(commands), 'help'])
    const advice = meant === undefined ? `\n\n${helpText()}` : ` Did you mean "${meant}"?`
    console.error(`sightline: there is no command "${command}".${advice}`)
    return 2
  }
  const environment = readEnvironment(startsWithFlag ? [command, ...argv] : argv, process.env)
  for (const warning of environment.warnings) console.error(warning)
  return chosen(environment.rest, environment.env, environment)
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
