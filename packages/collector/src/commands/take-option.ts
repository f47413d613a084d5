// An option of one command is taken out of the arguments; what is left are the settings that all commands share.
import { ConfigError } from '../config'

/**
 * `--name value` or `--name=value`, once.
 * @throws ConfigError when the value is missing.
 */
export function takeOption(argv: readonly string[], name: string): { value: string | undefined; rest: string[] } {
  const at = argv.findIndex((argument) => argument === name || argument.startsWith(`${name}=`))
  if (at < 0) return { value: undefined, rest: [...argv] }
  const argument = argv[at] ?? ''
  const isInline = argument !== name
  const value = isInline ? argument.slice(name.length + 1) : argv[at + 1]
  if (value === undefined || value === '' || (!isInline && value.startsWith('--'))) {
    throw new ConfigError([`sightline: ${name} needs a value, as in ${name}=<value>.`], 2)
  }
  return { value, rest: [...argv.slice(0, at), ...argv.slice(at + (isInline ? 1 : 2))] }
}

/** `--name`, however often it stands there. */
export function takeSwitch(argv: readonly string[], name: string): { isOn: boolean; rest: string[] } {
  const rest = argv.filter((argument) => argument !== name)
  return { isOn: rest.length < argv.length, rest }
}
