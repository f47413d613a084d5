// Flags and environment become one checked Config; every setting is described once, here, for the program and its docs.
import { isIP } from 'node:net'
import { wireLimits } from '@sightline/sdk/wire'
import { z } from 'zod'
import { nearMiss } from './near-miss'
import { isTimezone } from './site-clock'

interface Setting<Schema extends z.ZodType> {
  /** Type and range. */
  schema: Schema
  /** Flag of the command line; its environment twin is the same in capitals. */
  flag: string
  /** Unit, or kind of value. */
  unit: string
  default: z.output<Schema>
  description: string
  /** What is expected, as it follows "must be". */
  expected: string
  example: string
  /** Text of a flag or a variable → what the schema checks. */
  read: (text: string) => unknown
  /** Never shown in messages. */
  secret: boolean
}

type SettingNotes = Pick<Setting<z.ZodType>, 'flag' | 'unit' | 'description' | 'expected' | 'example'>

const text = (value: string): unknown => value
const wholeNumber = (value: string): unknown => (/^\d+$/.test(value.trim()) ? Number(value) : value)
const list = (value: string): unknown =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

function setting<Schema extends z.ZodType>(
  schema: Schema,
  fallback: z.output<Schema>,
  notes: SettingNotes,
  read: Setting<Schema>['read'] = text,
  secret = false,
): Setting<Schema> {
  return { schema, default: fallback, ...notes, read, secret }
}

const TOGGLE_UNIT = 'true or false'

function toggle(fallback: boolean, notes: Omit<SettingNotes, 'unit' | 'expected' | 'example'>) {
  return setting(
    z.boolean(),
    fallback,
    { ...notes, unit: TOGGLE_UNIT, expected: TOGGLE_UNIT, example: String(!fallback) },
    (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  )
}

function count(fallback: number, notes: Omit<SettingNotes, 'expected' | 'example'>, least = 1, most = 2 ** 31 - 1) {
  const range = most === 2 ** 31 - 1 ? `from ${least} up` : `from ${least} to ${most}`
  return setting(
    z.int().min(least).max(most),
    fallback,
    { ...notes, expected: `a whole number of ${notes.unit} ${range}`, example: String(fallback) },
    wholeNumber,
  )
}

/** A number that may have a fraction. */
function amount(fallback: number, notes: Omit<SettingNotes, 'expected' | 'example'>, most: number) {
  return setting(
    z.number().min(0).max(most),
    fallback,
    { ...notes, expected: `a number from 0 to ${most}`, example: String(fallback) },
    (value) => (/^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value),
  )
}

/** Secrets that were copied from an example protect nobody. */
const PLACEHOLDER = /change.?me|replace.?me|placeholder|your.?(jwt|secret|token|key)|^(secret|password)+$/i
const longSecret = z.string().refine((value) => Buffer.byteLength(value) >= 32 && !PLACEHOLDER.test(value))

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value)

const namedNetworks = new Set(['loopback', 'linklocal', 'uniquelocal'])
const network = z.string().refine((value) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  if (bits === 0) return namedNetworks.has(value)
  // A prefix of 0 would trust everyone, which is what this setting is there to prevent.
  return rest.length === 0 && (prefix === undefined || (/^\d+$/.test(prefix) && +prefix >= 1 && +prefix <= bits))
})

const settings = {
  host: setting(z.string().min(1), '127.0.0.1', {
    flag: '--host',
    unit: 'address',
    description: 'Address to listen on. 0.0.0.0 listens on every network of the machine.',
    expected: 'an address or a host name',
    example: '0.0.0.0',
  }),
  port: setting(
    z.int().min(0).max(65_535),
    8787,
    {
      flag: '--port',
      unit: 'port',
      description: 'Port to listen on. 0 takes a free one.',
      expected: 'a port number from 0 to 65535',
      example: '8787',
    },
    wholeNumber,
  ),
  databaseUrl: setting(
    z
      .string()
      .refine((value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol))
      .optional(),
    undefined,
    {
      flag: '--database-url',
      unit: 'URL',
      description: 'PostgreSQL 15 or newer. Without it events are stored in an embedded PGlite in the data directory.',
      expected: 'a URL that begins with postgres://',
      example: 'postgres://user:password@localhost:5432/sightline',
    },
    text,
    true,
  ),
  dataDir: setting(z.string().min(1), './sightline-data', {
    flag: '--data-dir',
    unit: 'path',
    description: 'Directory of the embedded database. Made if it does not exist; one process at a time.',
    expected: 'a path',
    example: './sightline-data',
  }),
  memory: toggle(false, {
    flag: '--memory',
    description:
      'For tests: a database in memory, gone at the end, and /_test/events and /_test/reset, which ask for no token.',
  }),
  timezone: setting(z.string().refine(isTimezone), 'UTC', {
    flag: '--timezone',
    unit: 'IANA zone',
    description: 'Time zone whose hours and days are counted.',
    expected: 'an IANA time zone',
    example: 'Europe/Berlin',
  }),
  rawRetentionDays: count(7, {
    flag: '--raw-retention-days',
    unit: 'days',
    description:
      'How long single events are kept at least. They go when their day is closed and a retry cannot come any more.',
  }),
  rollupRetentionDays: count(90, {
    flag: '--rollup-retention-days',
    unit: 'days',
    description:
      'How long closed days, positions and outcomes are kept; never shorter than single events, whose numbers they hold.',
  }),
  maxRecentViews: count(
    50,
    {
      flag: '--max-recent-views',
      unit: 'contents',
      description: 'Length of the recently-viewed list of each signed-in viewer; the oldest leave it.',
    },
    1,
    10_000,
  ),
  jobLeaseMs: count(
    30_000,
    {
      flag: '--job-lease-ms',
      unit: 'milliseconds',
      description: 'When a collector dies in the middle of a job, another one takes the job over after this time.',
    },
    1_000,
    600_000,
  ),
  longestJobPeriodMs: count(
    3_600_000,
    {
      flag: '--longest-job-period-ms',
      unit: 'milliseconds',
      description: 'Every job runs at least this often, on one of the collectors.',
    },
    100,
    3_600_000,
  ),
  allowedOrigins: setting(
    z.array(origin),
    [],
    {
      flag: '--allowed-origins',
      unit: 'origins, by comma',
      description: 'Sites whose pages may send events; others get 403. Empty allows every site.',
      expected: 'a list of origins such as https://example.com, without a path',
      example: 'https://example.com,https://www.example.com',
    },
    list,
  ),
  trustProxy: setting(
    z.array(network),
    [],
    {
      flag: '--trust-proxy',
      unit: 'networks, by comma',
      description: 'Proxies whose X-Forwarded-For is believed. Empty believes none.',
      expected: 'a list of addresses or networks (also loopback, linklocal, uniquelocal)',
      example: '127.0.0.1,10.0.0.0/8',
    },
    list,
  ),
  jwtSecret: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--jwt-secret',
      unit: 'text',
      description:
        'Secret of the HS256 tokens that name signed-in users. Without it and JWKS_URL, requests with a token get 401.',
      expected: 'a random secret of at least 32 bytes, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  jwksUrl: setting(
    z
      .string()
      .refine(
        (value) => URL.canParse(value) && /^(https:|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/)/.test(value),
      )
      .optional(),
    undefined,
    {
      flag: '--jwks-url',
      unit: 'URL',
      description:
        'Public keys (JWKS) of the identity provider whose tokens name signed-in users. Needs JWT_ISSUER and JWT_AUDIENCE.',
      expected: 'a URL that begins with https:// (http:// only on this machine)',
      example: 'https://login.example.com/.well-known/jwks.json',
    },
  ),
  jwtAlgorithm: setting(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']), 'RS256', {
    flag: '--jwt-algorithm',
    unit: 'JWS algorithm',
    description: 'The one algorithm that tokens of JWKS_URL are signed with. Tokens of JWT_SECRET are always HS256.',
    expected: 'one of RS256, RS384, RS512, PS256, ES256, ES384, EdDSA',
    example: 'ES256',
  }),
  jwtIssuer: setting(z.string().min(1).optional(), undefined, {
    flag: '--jwt-issuer',
    unit: 'text',
    description: 'Issuer (iss) that tokens must name.',
    expected: 'a text',
    example: 'https://example.com',
  }),
  jwtAudience: setting(z.string().min(1).optional(), undefined, {
    flag: '--jwt-audience',
    unit: 'text',
    description: 'Audience (aud) that tokens must name.',
    expected: 'a text',
    example: 'sightline',
  }),
  countryHeader: setting(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
      .transform((name) => name.toLowerCase())
      .optional(),
    undefined,
    {
      flag: '--country-header',
      unit: 'header',
      description:
        'Header in which a proxy of TRUST_PROXY tells the two letters of the country. Others are not believed.',
      expected: 'the name of a header',
      example: 'cf-ipcountry',
    },
  ),
  geoFile: setting(z.string().min(1).optional(), undefined, {
    flag: '--geo-file',
    unit: 'path',
    description: 'Country or city database in MaxMind format (.mmdb), read at the start. Only the country is stored.',
    expected: 'a path',
    example: './country.mmdb',
  }),
  respectGpc: toggle(true, {
    flag: '--respect-gpc',
    description: 'Browsers that send Sec-GPC: 1 are counted without viewer, user and session.',
  }),
  respectDnt: toggle(false, { flag: '--respect-dnt', description: 'The same for DNT: 1.' }),
  countBots: toggle(false, {
    flag: '--count-bots',
    description: 'Whether events of crawlers count. They are stored and marked either way.',
  }),
  countScripts: toggle(true, {
    flag: '--count-scripts',
    description: 'The same for curl, HTTP libraries and browsers under test.',
  }),
  countOwnViews: toggle(false, {
    flag: '--count-own-views',
    description:
      "Whether the owner of a content counts among those who saw it. The owner's events are stored either way.",
  }),
  strictCatalog: toggle(false, {
    flag: '--strict-catalog',
    description: 'Refuses events about content that is not registered, except pages.',
  }),
  viewDedupeMs: count(
    300_000,
    {
      flag: '--view-dedupe-ms',
      unit: 'milliseconds',
      description:
        'A view of the same content by the same viewer within this time counts once; durations are added. 0 counts all.',
    },
    0,
    86_400_000,
  ),
  statsCacheMs: count(
    300_000,
    {
      flag: '--stats-cache-ms',
      unit: 'milliseconds',
      description:
        'How long an answer of the stats API is kept while nothing is committed. cache=0 in a question makes it anew; 0 keeps none.',
    },
    0,
    3_600_000,
  ),
  compareKeys: setting(
    z.array(z.string().min(1).max(64)).max(8),
    ['variant'],
    {
      flag: '--compare-keys',
      unit: 'names, by comma',
      description: 'Keys of metadata whose values are counted, so that variants of a test can be compared. At most 8.',
      expected: 'a list of at most 8 names of up to 64 characters',
      example: 'variant,layout',
    },
    list,
  ),
  watchSkipMs: count(
    3_000,
    { flag: '--watch-skip-ms', unit: 'milliseconds', description: 'A shorter watch is a skip.' },
    0,
    86_400_000,
  ),
  watchSkipPercent: amount(
    10,
    {
      flag: '--watch-skip-percent',
      unit: 'percent of the length',
      description: 'So is one of less than this share of the content or media.',
    },
    100,
  ),
  watchCompletePercent: amount(
    95,
    {
      flag: '--watch-complete-percent',
      unit: 'percent of the length',
      description: 'A watch of at least this share is complete, as is one that reached the end.',
    },
    100,
  ),
  trending: toggle(false, {
    flag: '--trending',
    description: 'Whether GET /v1/trending tells everybody which public content is on the rise.',
  }),
  trendingWindowHours: count(
    24,
    {
      flag: '--trending-window-hours',
      unit: 'hours',
      description: 'Likes and views of so many hours are held against those of as many before.',
    },
    1,
    336,
  ),
  trendingLikeWeight: amount(
    0.7,
    { flag: '--trending-like-weight', unit: 'weight', description: 'Part of the growth of likes in the velocity.' },
    1_000,
  ),
  trendingViewWeight: amount(
    0.3,
    { flag: '--trending-view-weight', unit: 'weight', description: 'Part of the growth of views in the velocity.' },
    1_000,
  ),
  trendingAgeWeight: amount(
    0.1,
    {
      flag: '--trending-age-weight',
      unit: 'weight per day',
      description: 'The score is the velocity divided by 1 + this × the age in days.',
    },
    1_000,
  ),
  pageQueryParams: setting(
    z.array(z.string().regex(/^[^=&#?\s]{1,64}$/)),
    [],
    {
      flag: '--page-query-params',
      unit: 'names, by comma',
      description: "Query parameters that are part of a page's identity. All others are taken off before storing.",
      expected: 'a list of names of query parameters',
      example: 'id,tab',
    },
    list,
  ),
  networkEventsPerSecond: count(
    50,
    {
      flag: '--network-events-per-second',
      unit: 'events per second',
      description: 'Events that one client network (IPv4 address, IPv6 /64) may send, on average. 0 sets no limit.',
    },
    0,
  ),
  networkBurstEvents: count(200, {
    flag: '--network-burst-events',
    unit: 'events',
    description: 'Events that one client network may send at once after a pause.',
  }),
  collectorEventsPerSecond: count(
    0,
    {
      flag: '--collector-events-per-second',
      unit: 'events per second',
      description: 'Events that this collector takes from all networks together. 0 sets no limit.',
    },
    0,
  ),
  adminToken: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--admin-token',
      unit: 'text',
      description: 'A fixed admin token. Without it one is made at the first start and printed once.',
      expected: 'a random text of at least 32 characters, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  preparedStatements: toggle(true, {
    flag: '--prepared-statements',
    description:
      'Keeps the plans of statements on connections to PostgreSQL. Turn it off behind a pooler in transaction mode that cannot.',
  }),
  allowLossOnPowerCut: toggle(false, {
    flag: '--allow-loss-on-power-cut',
    description:
      'Starts also on a PostgreSQL with synchronous_commit or fsync off, which can lose acknowledged events in a crash.',
  }),
  metricsToken: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--metrics-token',
      unit: 'text',
      description: 'Token that GET /metrics asks for. Without it everybody may read the totals there.',
      expected: 'a random text of at least 32 characters, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  logLevel: setting(z.enum(['debug', 'info', 'warn', 'error', 'silent']), 'info', {
    flag: '--log-level',
    unit: 'level',
    description: 'What is logged: debug has a line per request. Addresses, bodies and tokens are never logged.',
    expected: 'one of debug, info, warn, error, silent',
    example: 'info',
  }),
  scriptName: setting(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.js$/), 'sightline.js', {
    flag: '--script-name',
    unit: 'file name',
    description: 'Name under which the browser script is served. Content blockers match on names.',
    expected: 'a file name of letters, digits, dots and dashes that ends in .js',
    example: 'stats.js',
  }),
  maxBatchBytes: count(wireLimits.maxBatchBytes, {
    flag: '--max-batch-bytes',
    unit: 'bytes',
    description: 'Largest request body. Larger ones get 413.',
  }),
  maxBatchEvents: count(wireLimits.maxBatchEvents, {
    flag: '--max-batch-events',
    unit: 'events',
    description: 'Most events in one batch. Larger ones get 413.',
  }),
  maxAdminBatchBytes: count(1_048_576, {
    flag: '--max-admin-batch-bytes',
    unit: 'bytes',
    description: 'Largest request body with an admin token.',
  }),
  maxAdminBatchEvents: count(500, {
    flag: '--max-admin-batch-events',
    unit: 'events',
    description: 'Most events, or contents of the catalogue, in one request with an admin token.',
  }),
  maxEventBytes: count(wireLimits.maxEventBytes, {
    flag: '--max-event-bytes',
    unit: 'bytes',
    description: 'Largest single event. Larger ones are refused alone.',
  }),
  groupMaxRows: count(2_000, {
    flag: '--group-max-rows',
    unit: 'rows',
    description: 'Rows at which a group of requests is written at once.',
  }),
  groupMaxBytes: count(1_048_576, {
    flag: '--group-max-bytes',
    unit: 'bytes',
    description: 'Bytes at which a group of requests is written at once.',
  }),
  groupMaxWaitMs: count(
    5,
    {
      flag: '--group-max-wait-ms',
      unit: 'milliseconds',
      description: 'Longest time a group waits for more requests.',
    },
    0,
    1_000,
  ),
  groupsInFlight: count(
    2,
    { flag: '--groups-in-flight', unit: 'groups', description: 'Groups that are written at the same time.' },
    1,
    16,
  ),
  maxWaitingRows: count(100_000, {
    flag: '--max-waiting-rows',
    unit: 'rows',
    description: 'Rows that may wait to be stored. Above 80 % new requests get 503.',
  }),
  maxWaitingBytes: count(67_108_864, {
    flag: '--max-waiting-bytes',
    unit: 'bytes',
    description: 'Bytes that may wait to be stored. Above 80 % new requests get 503.',
  }),
  maxWaitMs: count(4_500, {
    flag: '--max-wait-ms',
    unit: 'milliseconds',
    description: 'Longest time a request waits for its commit, then it gets 503.',
  }),
} as const

type Settings = typeof settings

export type Config = { readonly [Key in keyof Settings]: z.output<Settings[Key]['schema']> }

const keys = Object.keys(settings) as (keyof Settings)[]
const describe = (key: keyof Settings): Setting<z.ZodType> => settings[key]
const variableOf = (flag: string) => flag.slice(2).replaceAll('-', '_').toUpperCase()

/** A configuration that cannot be used. `problems` holds one sentence per mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(
    readonly problems: readonly string[],
    /** 2 for a wrong call, 78 (EX_CONFIG of sysexits.h) for a wrong value. */
    readonly exitCode: 2 | 78,
  ) {
    super(problems.join('\n'))
  }
}

/**
 * Fills what is missing with defaults.
 * @throws ConfigError with all mistakes at once.
 */
export function resolveConfig(given: { readonly [Key in keyof Config]?: Config[Key] | undefined } = {}): Config {
  return check(keys.map((key) => ({ key, name: key, example: describe(key).example, value: given[key] })))
}

/**
 * Reads flags (`--port 80`, `--port=80`, or `--memory` for true) and environment; a flag wins over its variable, an empty
 * variable counts as unset.
 * @throws ConfigError with all mistakes at once.
 */
export function readConfig(argv: readonly string[], env: Record<string, string | undefined>): Config {
  const flags = readFlags(argv)
  return check(
    keys.map((key) => {
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

/** Names of all environment variables that are settings. */
export const variableNames = (): Set<string> => new Set(keys.map((key) => variableOf(describe(key).flag)))

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
  return keys.map((key) => {
    const { flag, secret } = describe(key)
    const variable = variableOf(flag)
    const value = config[key]
    const shown = value === undefined ? '' : secret ? '(set)' : String(value)
    return { flag, variable, value: shown, origin: flags.has(flag) ? 'flag' : env[variable] ? 'variable' : 'default' }
  })
}

/** Every setting in force, by its variable. Secrets are only said to be set. */
export function tellSettings(config: Config): { variable: string; value: string; isDefault: boolean }[] {
  return keys.map((key) => {
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
  return keys.map((key) => {
    const { flag, unit, description, default: fallback } = describe(key)
    const shown = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? '–' : String(fallback)
    return { flag, variable: variableOf(flag), unit, default: shown, description }
  })
}

interface Given {
  key: keyof Settings
  name: string
  example: string
  value: unknown
  /** Text as it was given, if it was text. */
  given?: string | undefined
}

function check(entries: Given[]): Config {
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

function readFlags(argv: readonly string[]): Map<string, string> {
  const known = new Set(keys.map((key) => describe(key).flag))
  const isToggle = new Set(keys.map(describe).flatMap(({ flag, unit }) => (unit === TOGGLE_UNIT ? [flag] : [])))
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
