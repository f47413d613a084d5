// sightline doctor: looks at settings, database and public address, and says what to do about what it finds.
import { ConfigError, readConfig } from '../config'
import { DataDirInUse } from '../database/data-dir-lock'
import { pendingMigrations } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { examineDatabase } from '../doctor/examine-database'
import { examineSettings } from '../doctor/examine-settings'
import { examineSite } from '../doctor/examine-site'
import { fine, type Finding } from '../doctor/finding'

/** @returns 1 when there is a problem */
export async function doctorCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { own, rest } = takeOwnFlags(argv)
  const config = readConfig(rest, env)
  const url = own.url === undefined ? undefined : readUrl('--url', own.url)
  const origin = own.origin === undefined ? undefined : readUrl('--origin', own.origin).origin
  const findings = [
    ...examineSettings(config, url),
    ...(await lookIntoDatabase(config)),
    ...(url ? await examineSite({ url, origin, adminToken: config.adminToken, fetch }) : []),
  ]
  if (url === undefined) {
    findings.push(fine('collector', 'not asked; name its public address with --url https://collect.example.com'))
  }
  const problems = findings.filter(({ state }) => state === 'problem').length
  const warnings = findings.filter(({ state }) => state === 'warning').length
  if (own.json) console.log(JSON.stringify({ problems, warnings, findings }, null, 2))
  else if (!own.quiet) console.log(toText(findings, problems, warnings))
  else if (problems + warnings > 0) {
    const wrong = findings.filter(({ state }) => state !== 'ok')
    console.log(toText(wrong, problems, warnings))
  }
  return problems > 0 ? 1 : 0
}

async function lookIntoDatabase(config: ReturnType<typeof readConfig>): Promise<Finding[]> {
  try {
    const db = await openDatabase(config)
    try {
      const dataDir = db.kind === 'pglite' && !config.memory ? config.dataDir : undefined
      return await examineDatabase({
        kysely: db.kysely,
        kind: db.kind,
        dataDir,
        pendingMigrations: () => pendingMigrations(db),
        now: Date.now,
      })
    } finally {
      await db.close()
    }
  } catch (error) {
    // One process at a time has a PGlite directory; the collector that has it answers for it.
    if (error instanceof DataDirInUse)
      return [fine('database', `${error.message} Ask the running collector with --url.`)]
    throw error
  }
}

const marks = { ok: ' ok ', warning: 'WARN', problem: 'FAIL' } as const

function toText(findings: Finding[], problems: number, warnings: number): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, state, found, remedy }) => [
    `${marks[state]}  ${check.padEnd(width)}  ${found}`,
    ...(remedy === undefined ? [] : [`      ${' '.repeat(width)}  → ${remedy}`]),
  ])
  return [...lines, '', `Found ${plural(problems, 'problem')} and ${plural(warnings, 'warning')}.`].join('\n')
}

const plural = (count: number, noun: string) => `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`

function readUrl(flag: string, text: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text)
  throw new ConfigError([`sightline: ${flag} must be an address that begins with https://, got "${text}".`], 2)
}

interface OwnFlags {
  url?: string
  origin?: string
  json?: true
  quiet?: true
}

function takeOwnFlags(argv: string[]): { own: OwnFlags; rest: string[] } {
  const own: OwnFlags = {}
  const rest: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const [, name, inline] = /^--(url|origin|json|quiet)(?:=(.*))?$/.exec(argv[index]!) ?? []
    if (name === 'json' || name === 'quiet') own[name] = true
    else if (name === 'url' || name === 'origin') own[name] = inline ?? argv[++index] ?? ''
    else rest.push(argv[index]!)
  }
  return { own, rest }
}
