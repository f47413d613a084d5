// The settings as people read them: with what decided them, those in force, and the table of the documents.
import { readConfig } from './read-config'
import { readFlags } from './read-flags'
import { describe, settingNames, variableOf, type Config } from './settings'

/**
 * Every setting as it would be used, and what decided it. Secrets are only said to be set.
 * @throws ConfigError with all mistakes at once.
 */
export function explainConfig(
  argv: readonly string[],
  env: Record<string, string | undefined>,
): { flag: string; variable: string; value: string; origin: 'flag' | 'variable' | 'default' }[] {
  const config = readConfig(argv, env)
  const flags = readFlags(argv)
  return settingNames.map((key) => {
    const { flag, secret } = describe(key)
    const variable = variableOf(flag)
    const value = config[key]
    const shown = value === undefined ? '' : secret ? '(set)' : String(value)
    return { flag, variable, value: shown, origin: flags.has(flag) ? 'flag' : env[variable] ? 'variable' : 'default' }
  })
}

/** Every setting in force, by its variable. Secrets are only said to be set. */
export function tellSettings(config: Config): { variable: string; value: string; isDefault: boolean }[] {
  return settingNames.map((key) => {
    const { flag, secret, default: fallback } = describe(key)
    const value = config[key]
    const shown = value === undefined ? '' : secret ? '(set)' : String(value)
    return { variable: variableOf(flag), value: shown, isDefault: String(value) === String(fallback) }
  })
}

/** The settings as rows of the documentation: flag, variable, unit, default, description. */
export function configTable(): {
  flag: string
  variable: string
  unit: string
  default: string
  description: string
}[] {
  return settingNames.map((key) => {
    const { flag, unit, description, default: fallback } = describe(key)
    const shown = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? '–' : String(fallback)
    return { flag, variable: variableOf(flag), unit, default: shown, description }
  })
}
