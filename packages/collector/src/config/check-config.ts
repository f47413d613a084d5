// Values that were given, in whatever way, become a Config; or all that is wrong with them is told at once.
import { ConfigError } from './config-error'
import { describe, settings, type Config } from './settings'

export interface Given {
  key: keyof Config
  name: string
  example: string
  value: unknown
  /** Text as it was given, if it was text. */
  given?: string | undefined
}

/**
 * Fills what is missing with defaults.
 * @throws ConfigError with all mistakes at once.
 */
export function checkConfig(entries: Given[]): Config {
  const config: Record<string, unknown> = {}
  const problems: string[] = []
  for (const { key, name, example, value, given } of entries) {
    const { schema, expected, secret, default: fallback } = describe(key)
    const result = schema.safeParse(value === undefined ? fallback : value)
    if (result.success) config[key] = result.data
    else {
      const came = secret ? 'another value (not shown)' : JSON.stringify(given ?? value)
      problems.push(`config: ${name} must be ${expected}, got ${came}. Example: ${example}`)
    }
  }
  problems.push(...contradictions(config))
  const dataDir = entries.find(({ key }) => key === 'dataDir')
  // A configuration that was resolved before names the default too, which nobody chose.
  const isOwnDataDir = dataDir?.given !== undefined || config.dataDir !== settings.dataDir.default
  if (config.memory === true && (isOwnDataDir || config.databaseUrl !== undefined)) {
    problems.push(
      'config: MEMORY keeps nothing, so it cannot be together with DATABASE_URL or DATA_DIR. Leave those out, or MEMORY.',
    )
  }
  if (problems.length > 0) throw new ConfigError(problems, 78)
  // Every key was put in above, checked by its own schema.
  return config as Config
}

// Settings that are right alone and wrong together.
function contradictions(config: Record<string, unknown>): string[] {
  const { jwksUrl, jwtIssuer, jwtAudience, countryHeader, trustProxy } = config as Partial<Config>
  const problems: string[] = []
  if (jwksUrl !== undefined && (jwtIssuer === undefined || jwtAudience === undefined)) {
    problems.push(
      'config: JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE, because the provider signs tokens for other services too. ' +
        'Example: JWT_ISSUER=https://login.example.com JWT_AUDIENCE=sightline',
    )
  }
  if (countryHeader !== undefined && trustProxy?.length === 0) {
    problems.push(
      'config: COUNTRY_HEADER needs TRUST_PROXY, because anybody can send the header. Example: TRUST_PROXY=10.0.0.0/8',
    )
  }
  return problems
}
