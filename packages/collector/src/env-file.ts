// A file of variables beside the process: `.env` of the working directory, or the one that --env-file names.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { takeOption } from './commands/take-option'
import { ConfigError, variableNames } from './config'
import { errorCode } from './database/error-class'
import { nearMiss } from './near-miss'

const DEFAULT_FILE = '.env'

export interface Environment {
  /** Variables of the process, and those of the file that the process does not have. An empty one counts as missing. */
  env: NodeJS.ProcessEnv
  /** Arguments without --env-file. */
  rest: string[]
  /** Path of the file, if one was read. */
  file: string | undefined
  /** Settings that the file decided. */
  fromFile: ReadonlySet<string>
  /** Names in the file that look like a slip in the name of a setting, in sentences. */
  warnings: string[]
}

/**
 * Reads the file and puts it behind the process's own variables.
 * @throws ConfigError when a file that was asked for cannot be read.
 */
export function readEnvironment(argv: readonly string[], env: NodeJS.ProcessEnv): Environment {
  const { value: asked, rest } = takeOption(argv, '--env-file')
  const path = asked ?? DEFAULT_FILE
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (asked === undefined) return { env, rest, file: undefined, fromFile: new Set(), warnings: [] }
    throw new ConfigError(
      [`config: --env-file must be a file that can be read, got "${asked}" (${errorCode(error)}).`],
      78,
    )
  }
  const given = parseEnv(text) as Record<string, string>
  const known = variableNames()
  const taken = Object.entries(given).filter(([name, value]) => value !== '' && !env[name])
  const warnings = Object.keys(given).flatMap((name) => {
    const meant = known.has(name) ? undefined : nearMiss(name, known)
    return meant === undefined ? [] : [`sightline: ${path} has ${name}, which is no setting. Did you mean ${meant}?`]
  })
  return {
    env: { ...env, ...Object.fromEntries(taken) },
    rest,
    file: path,
    fromFile: new Set(taken.map(([name]) => name).filter((name) => known.has(name))),
    warnings,
  }
}
