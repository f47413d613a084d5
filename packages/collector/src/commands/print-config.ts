// sightline start --print-config: every setting with its value and where that came from; secrets are only said to be set.
import { explainConfig } from '../config'
import { takeSwitch } from './take-option'

/** @param origins what decided a variable, if it was not the process's own environment. */
export function printConfig(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  origins: { file: string | undefined; fromFile: ReadonlySet<string> },
): number {
  const json = takeSwitch(argv, '--json')
  const rows = explainConfig(json.rest, env).map(({ origin, variable, ...row }) => ({
    variable,
    ...row,
    origin: origin === 'variable' && origins.fromFile.has(variable) ? (origins.file ?? origin) : origin,
  }))
  if (json.isOn) {
    console.log(JSON.stringify(Object.fromEntries(rows.map(({ variable, ...row }) => [variable, row])), null, 2))
    return 0
  }
  const width = (pick: (row: (typeof rows)[number]) => string) => Math.max(...rows.map((row) => pick(row).length))
  const [names, values] = [width((row) => row.variable), width((row) => row.value)]
  for (const { variable, value, origin } of rows) {
    console.log(`${variable.padEnd(names)}  ${value.padEnd(values)}  ${origin}`.trimEnd())
  }
  return 0
}
