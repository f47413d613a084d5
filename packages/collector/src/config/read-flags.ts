// The words after a command become values by flag, each still a text.
import { nearMiss } from '../near-miss'
import { ConfigError } from './config-error'
import { TOGGLE_UNIT } from './setting'
import { describe, settingNames } from './settings'

/**
 * `--port 80`, `--port=80`, or `--memory` for true; the last one of a name wins.
 * @throws ConfigError naming everything that is no setting or lacks its value.
 */
export function readFlags(argv: readonly string[]): Map<string, string> {
  const known = new Set(settingNames.map((name) => describe(name).flag))
  const isToggle = new Set(settingNames.map(describe).flatMap(({ flag, unit }) => (unit === TOGGLE_UNIT ? [flag] : [])))
  const flags = new Map<string, string>()
  const problems: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const [flag = '', inline] = splitOnce(argv[i] ?? '', '=')
    if (!known.has(flag)) {
      const meant = nearMiss(flag, known)
      const advice = meant === undefined ? 'Run with --help to see what there is.' : `Did you mean ${meant}?`
      problems.push(`sightline: unknown argument "${flag}". ${advice}`)
      continue
    }
    const isBare = isToggle.has(flag) && (argv[i + 1] ?? '--').startsWith('--')
    const value = inline ?? (isBare ? 'true' : argv[++i])
    if (value === undefined) problems.push(`sightline: ${flag} needs a value, as in ${flag}=<value>.`)
    else flags.set(flag, value)
  }
  if (problems.length > 0) throw new ConfigError(problems, 2)
  return flags
}

function splitOnce(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator)
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + 1)]
}
