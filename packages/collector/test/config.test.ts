// A wrong setting is told in one sentence, all of them at once, before anything starts.
import { describe, expect, test } from 'vitest'
import { ConfigError, configTable, readConfig, resolveConfig } from '../src/config'

function mistakesOf(work: () => unknown): { problems: readonly string[]; exitCode: number } {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  return { problems: [], exitCode: 0 }
}

test('works without any setting', () => {
  expect(readConfig([], {})).toMatchObject({
    host: '127.0.0.1',
    port: 8787,
    databaseUrl: undefined,
    dataDir: './sightline-data',
    timezone: 'UTC',
    rawRetentionDays: 7,
    allowedOrigins: [],
    trustProxy: [],
    maxBatchBytes: 262_144,
    groupMaxWaitMs: 5,
  })
})

test('reads flags in both forms and variables, and a flag wins', () => {
  const env = { PORT: '80', RAW_RETENTION_DAYS: '30', ALLOWED_ORIGINS: 'https://a.example, https://b.example' }
  const config = readConfig(['--port=81', '--timezone', 'Europe/Berlin'], env)
  expect(config).toMatchObject({
    port: 81,
    timezone: 'Europe/Berlin',
    rawRetentionDays: 30,
    allowedOrigins: ['https://a.example', 'https://b.example'],
  })
})

test('treats an empty variable as unset', () => {
  expect(readConfig([], { PORT: '', JWT_SECRET: '' })).toMatchObject({ port: 8787, jwtSecret: undefined })
})

test('tells all mistakes at once, each with name, expectation, value and example', () => {
  const { problems, exitCode } = mistakesOf(() =>
    readConfig(['--port', '99999'], { RAW_RETENTION_DAYS: 'forever', TIMEZONE: 'Mars/Olympus' }),
  )
  expect(exitCode).toBe(78)
  expect(problems).toEqual([
    'config: --port must be a port number from 0 to 65535, got "99999". Example: --port=8787',
    'config: TIMEZONE must be an IANA time zone, got "Mars/Olympus". Example: TIMEZONE=Europe/Berlin',
    'config: RAW_RETENTION_DAYS must be a whole number of days from 1 up, got "forever". Example: RAW_RETENTION_DAYS=7',
  ])
})

test('names every unknown argument, as a wrong call', () => {
  const { problems, exitCode } = mistakesOf(() => readConfig(['--prot', '--port'], {}))
  expect([exitCode, problems]).toEqual([
    2,
    [
      'sightline: unknown argument "--prot". Did you mean --port?',
      'sightline: --port needs a value, as in --port=<value>.',
    ],
  ])
})

test('reads true and false, names of headers and lists', () => {
  const env = { COUNT_BOTS: 'true', RESPECT_GPC: 'false', COUNTRY_HEADER: 'CF-IPCountry', PAGE_QUERY_PARAMS: 'id, tab' }
  expect(readConfig([], { ...env, TRUST_PROXY: 'loopback' })).toMatchObject({
    countBots: true,
    respectGpc: false,
    countryHeader: 'cf-ipcountry',
    pageQueryParams: ['id', 'tab'],
  })
})

test.each([
  [{ JWKS_URL: 'https://login.example/keys' }, 'config: JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE'],
  [{ JWKS_URL: 'https://login.example/keys', JWT_ISSUER: 'x' }, 'config: JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE'],
  [{ COUNTRY_HEADER: 'x-country' }, 'config: COUNTRY_HEADER needs TRUST_PROXY'],
])('refuses %j, which is right alone and wrong together', (env, problem) => {
  const { problems, exitCode } = mistakesOf(() => readConfig([], env))
  expect([problems.length, exitCode]).toEqual([1, 78])
  expect(problems[0]).toContain(problem)
})

describe('refuses', () => {
  test.each([
    ['JWT_SECRET', 'secret'],
    ['JWT_SECRET', 'change-me-change-me-change-me-change-me'],
    ['JWT_SECRET', 'your-secret-key-your-secret-key-your'],
    ['JWT_SECRET', 'secret'.repeat(8)],
    ['ADMIN_TOKEN', 'short'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '1'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example/path'],
    ['SCRIPT_NAME', '../cli.js'],
    ['RAW_RETENTION_DAYS', '0'],
    ['RAW_RETENTION_DAYS', '7.5'],
    ['LOG_LEVEL', 'loud'],
    ['COUNT_BOTS', 'yes'],
    ['VIEW_DEDUPE_MS', '-1'],
    ['VIEW_DEDUPE_MS', '86400001'],
    ['NETWORK_BURST_EVENTS', '0'],
    ['COUNTRY_HEADER', 'cf ipcountry'],
    ['PAGE_QUERY_PARAMS', 'a=b'],
    ['JWKS_URL', 'http://login.example/keys'],
    ['JWKS_URL', 'http://127.0.0.1.evil.example/keys'],
    ['JWT_ALGORITHM', 'HS256'],
    ['JWT_ALGORITHM', 'none'],
  ])('%s=%s', (variable, value) => {
    const { problems } = mistakesOf(() => readConfig([], { [variable]: value }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^config: ${variable} must be .+, got .+\\. Example: ${variable}=`))
  })

  test('a secret without showing it', () => {
    const { problems } = mistakesOf(() => readConfig([], { JWT_SECRET: 'hunter2', DATABASE_URL: 'me:hunter2@db' }))
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('hunter2')
  })

  test('wrong values of those who embed the collector, by their names there', () => {
    expect(() => resolveConfig({ rawRetentionDays: -1 })).toThrow(
      'config: rawRetentionDays must be a whole number of days from 1 up, got -1.',
    )
  })
})

test.each(['127.0.0.1', '10.0.0.0/8', 'loopback', '2001:db8::/32', '::1'])('trusts the proxy network %s', (network) => {
  expect(readConfig([], { TRUST_PROXY: network }).trustProxy).toEqual([network])
})

test('describes every setting once, with flag, variable, unit and default', () => {
  const table = configTable()
  expect(table).toContainEqual({
    flag: '--raw-retention-days',
    variable: 'RAW_RETENTION_DAYS',
    unit: 'days',
    default: '7',
    description: expect.stringMatching(/^How long single events are kept/),
  })
  expect(new Set(table.map(({ flag }) => flag)).size).toBe(Object.keys(resolveConfig()).length)
  for (const row of table) for (const cell of Object.values(row)) expect(cell).not.toBe('')
})
