// Flags of `sightline demo` and their environment twins become options, or sentences about every mistake.
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { ConfigError } from '../config'

/** The collector keeps the time of events that are at most this old. */
const MAX_DEMO_DAYS = 30

export interface DemoOptions {
  /** First port that is tried. */
  port: number
  /** Makes the sample data anew. */
  fresh: boolean
  /** Where the data lies; without it, a directory that the system may clear. */
  dir: string | undefined
  /** Days of sample data, today included. */
  days: number
  seed: string
}

/** Text of `sightline demo --help`. */
export const demoHelp = `Usage: sightline demo [options]

Starts a collector with sample data, a feed to scroll through and the dashboard. Needs no configuration.

  --port <port>   First port to try; the next free one is taken. Also PORT. Default: 8787
  --fresh         Make the sample data anew. Also DEMO_FRESH=1
  --dir <dir>     Keep the data in this directory. Also DEMO_DIR. Default: a temporary directory
  --days <days>   Days of sample data, 1 to ${MAX_DEMO_DAYS}. Also DEMO_DAYS. Default: ${MAX_DEMO_DAYS}
  --seed <text>   Same seed, same numbers. Also DEMO_SEED. Default: 1

Example: sightline demo --port 9000 --dir ./sightline-data`

const flags = {
  port: { type: 'string' },
  fresh: { type: 'boolean' },
  dir: { type: 'string' },
  days: { type: 'string' },
  seed: { type: 'string' },
} as const

const twins = { port: 'PORT', fresh: 'DEMO_FRESH', dir: 'DEMO_DIR', days: 'DEMO_DAYS', seed: 'DEMO_SEED' } as const

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most)

const settings = {
  port: { schema: wholeNumber(0, 65_535), fallback: '8787', expected: 'a port from 0 to 65535' },
  days: {
    schema: wholeNumber(1, MAX_DEMO_DAYS),
    fallback: String(MAX_DEMO_DAYS),
    expected: `a whole number of days from 1 to ${MAX_DEMO_DAYS}`,
  },
  seed: { schema: z.string().regex(/^[\w-]{1,32}$/), fallback: '1', expected: '1 to 32 letters, digits, _ or -' },
  dir: { schema: z.string().min(1), fallback: undefined, expected: 'a path' },
} as const

function parseFlags(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: flags, strict: true }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error)
    throw new ConfigError([`sightline demo: ${reason}. Run with --help to see what there is.`], 2)
  }
}

/**
 * A flag wins over its variable; an empty variable counts as unset.
 * @throws ConfigError with all mistakes at once.
 */
export function readDemoOptions(argv: string[], env: NodeJS.ProcessEnv): DemoOptions {
  const given = parseFlags(argv)
  const problems: string[] = []

  function read<Key extends keyof typeof settings>(key: Key): z.output<(typeof settings)[Key]['schema']> | undefined {
    const { schema, fallback, expected } = settings[key]
    const text = given[key] ?? (env[twins[key]] || fallback)
    if (text === undefined) return undefined
    const result = schema.safeParse(text)
    if (result.success) return result.data as z.output<(typeof settings)[Key]['schema']>
    const name = given[key] === undefined ? twins[key] : `--${key}`
    problems.push(`config: ${name} must be ${expected}, got "${text}".`)
    return undefined
  }

  const [port = 0, days = 0, seed = '', dir] = [read('port'), read('days'), read('seed'), read('dir')]
  if (problems.length > 0) throw new ConfigError(problems, 78)
  return { port, days, seed, dir, fresh: given.fresh ?? Boolean(env[twins.fresh]) }
}
