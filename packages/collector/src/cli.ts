// The command `sightline`: first word to command, errors to sentences and exit codes (0, 1, 2 usage, 78 configuration).
import { version } from '../package.json'
import { helpText } from './commands/help'
import { ConfigError } from './config'
import { DataDirInUse } from './database/data-dir-lock'
import { classifyError } from './database/error-class'
import { readEnvironment, type Environment } from './env-file'
import { nearMiss } from './near-miss'

type Command = (argv: string[], env: NodeJS.ProcessEnv, environment: Environment) => Promise<number>

/** Loaded when they are called: help is there at once, and no command waits for what another one needs. */
const commands = new Map<string, () => Promise<Command>>([
  ['start', async () => (await import('./commands/start')).startCommand],
  ['demo', async () => (await import('./commands/demo')).demoCommand],
  ['migrate', async () => (await import('./commands/migrate')).migrateCommand],
  ['token', async () => (await import('./commands/token')).tokenCommand],
  ['dead-letters', async () => (await import('./commands/dead-letters')).deadLettersCommand],
  ['export', async () => (await import('./commands/export')).exportCommand],
  ['import', async () => (await import('./commands/import')).importCommand],
  ['erase', async () => (await import('./commands/erase')).eraseCommand],
  ['jobs', async () => (await import('./commands/jobs')).jobsCommand],
  ['doctor', async () => (await import('./commands/doctor')).doctorCommand],
])

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
  const load = commands.get(startsWithFlag ? 'start' : command)
  if (!load) {
    const meant = nearMiss(command, [...commands.keys(), 'help'])
    const advice = meant === undefined ? `\n\n${helpText()}` : ` Did you mean "${meant}"?`
    console.error(`sightline: there is no command "${command}".${advice}`)
    return 2
  }
  const environment = readEnvironment(startsWithFlag ? [command, ...argv] : argv, process.env)
  for (const warning of environment.warnings) console.error(warning)
  const chosen = await load()
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
