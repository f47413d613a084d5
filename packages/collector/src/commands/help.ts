// sightline help: what there is, with an example per command.
import { configTable } from '../config'
import { demoHelp } from '../demo/demo-options'

const overview = `Usage: sightline <command> [flags]

  start         Run the collector. Without DATABASE_URL it stores events in an embedded database.
  demo          Run it on sample data, with a page to try.
  migrate       Bring the tables up to this version (start does it by itself), or move them into PostgreSQL.
  token         Make, list or revoke admin tokens.
  dead-letters  List the events that the database refused, or store them after a repair.
  doctor        Look for mistakes in settings, database and proxies, each with its remedy.
  export        Write all events to a file or to standard output, as NDJSON or CSV.
  import        Store the events of an export, each once.
  erase         Forget a person everywhere.
  jobs          List what runs by itself and how it went, or run a job now.
  help          Show this.

Every command explains itself with --help. --version prints the version. Settings are flags, environment variables, or lines
of a file .env in this directory (--env-file names another one); what stands first here wins.`

const examples: Record<string, string> = {
  start: `Usage: sightline start [--print-config [--json]] [--quiet]  [flags]
Examples:
  sightline start
  sightline start --print-config
  sightline start --memory
  DATABASE_URL=postgres://user@localhost/sightline sightline start --port 8080 --timezone Europe/Berlin`,
  migrate: `Usage: sightline migrate [--list | --dry-run | --to <PostgreSQL>] [--json] [--quiet]  [flags]
--to copies the embedded database of the data directory into an empty database. Stopped or killed, it goes on when run again.
Examples:
  DATABASE_URL=postgres://user@localhost/sightline sightline migrate
  sightline migrate --dry-run
  sightline migrate --data-dir ./sightline-data --to postgres://user@localhost/sightline`,
  token: `Usage: sightline token create --name <name> | list | revoke <id or name>  [--json]  [flags]
Examples:
  sightline token create --name grafana
  sightline token revoke grafana`,
  doctor: `Usage: sightline doctor [--url <public address>] [--origin <site>] [--json] [--quiet]  [flags]
Ends with 1 when there is a problem. --quiet tells only what is wrong.
Examples:
  sightline doctor
  ADMIN_TOKEN=… sightline doctor --url https://collect.example.com --origin https://www.example.com`,
  export: `Usage: sightline export [<file>] [--format ndjson|csv] [--from <time>] [--to <time>] [--json] [--quiet]  [flags]
How far it is stands on standard error. The file has its name when it is whole; until then it is <file>.part. --json tells about the file when it is written.
Examples:
  sightline export events.ndjson
  sightline export events.csv --json
  sightline export --format csv --from 2026-11-01T00:00:00Z > events.csv`,
  import: `Usage: sightline import <file> | -  [--json] [--quiet]  [flags]
Stopped or killed, it goes on when run again: what is stored already is not stored twice.
Examples:
  sightline import events.ndjson
  gunzip -c events.csv.gz | sightline import -`,
  erase: `Usage: sightline erase --user <id> | --anonymous-id <id>  [--json] [--quiet]  [flags]
Example:
  sightline erase --user 42`,
  jobs: `Usage: sightline jobs list | run <name>  [--json] [--quiet]  [flags]
Examples:
  sightline jobs
  sightline jobs run close-days`,
  'dead-letters': `Usage: sightline dead-letters list | replay [<event id>]  [--json] [--quiet]  [flags]
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
