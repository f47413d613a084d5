// Flags and environment, or the values of a program, become one checked Config.
import { checkConfig } from './check-config'
import { ConfigError } from './config-error'
import { readFlags } from './read-flags'
import { describe, settingNames, variableOf, type Config } from './settings'

/**
 * Fills what is missing with defaults.
 * @throws ConfigError with all mistakes at once.
 */
export function resolveConfig(given: { readonly [Key in keyof Config]?: Config[Key] | undefined } = {}): Config {
  return checkConfig(settingNames.map((key) => ({ key, name: key, example: describe(key).example, value: given[key] })))
}

/**
 * Reads flags (`--port 80`, `--port=80`, or `--memory` for true) and environment; a flag wins over its variable, an empty
 * variable counts as unset.
 * @throws ConfigError with all mistakes at once.
 */
export function readConfig(argv: readonly string[], env: Record<string, string | undefined>): Config {
  const flags = readFlags(argv)
  return checkConfig(
    settingNames.map((key) => {
      const { flag, read, example } = describe(key)
      const variable = variableOf(flag)
      const fromFlag = flags.get(flag)
      const given = fromFlag ?? (env[variable] || undefined)
      const name = fromFlag === undefined ? variable : flag
      return { key, name, example: `${name}=${example}`, value: given && read(given), given }
    }),
  )
}

/**
 * The same for commands whose work is in vain when nothing is kept.
 * @throws ConfigError with all mistakes at once.
 */
export function readLastingConfig(argv: readonly string[], env: Record<string, string | undefined>): Config {
  const config = readConfig(argv, env)
  if (config.memory) {
    throw new ConfigError(['sightline: only start has a database in memory. Leave MEMORY out for this command.'], 2)
  }
  return config
}
