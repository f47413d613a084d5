// sightline help: what there is, with an example per command.
import { configTable } from '../config'
import { demoHelp } from '../demo/demo-options'

const overview = `Usage: sightline <command> [flags]

  start         Run the collector. Without DATABASE_URL it stores events in an embedded database.
  demo          Run it on sample data, with a page to try.
  migrate       Bring the tables up to this version. start does it by itself.
  token         Make, list or revoke admin tokens.
  dead-letters  List the events that the database refused, or store them after a repair.
  help          Show this.

Every command explains itself with --help. --version prints the version.`

const examples: Record<string, string> = {
  start: `Usage: sightline start [flags]
Examples:
  sightline start
  DATABASE_URL=postgres://user@localhost/sightline sightline start --port 8080 --timezone Europe/Berlin`,
  migrate: `Usage: sightline migrate [flags]
Example:
  DATABASE_URL=postgres://user@localhost/sightline sightline migrate`,
  token: `Usage: sightline token create --name <name> | list | revoke <id or name>  [flags]
Examples:
  sightline token create --name grafana
  sightline token revoke grafana`,
  'dead-letters': `Usage: sightline dead-letters list | replay [<event id>]  [flags]
Examples:
  sightline dead-letters list
  sightline dead-letters replay`,
}

/** Text for `sightline help`, or for one command. */
export function helpText(command?: string): string {
  if (command === 'demo') return demoHelp
  const example = command === undefined ? undefined : examples[command]
  if (example === undefined) return overview
  return `${example}\n\nFlags, each with its environment variable and default:\n${flagLines()}`
}

function flagLines(): string {
  return configTable()
    .map(({ flag, variable, unit, default: fallback, description }) =>
      [`  ${flag} <${unit}>  ${variable}  (${fallback})`, `      ${description}`].join('\n'),
    )
    .join('\n')
}
