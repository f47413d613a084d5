// sightline token: makes, lists and revokes admin tokens.
import { ConfigError, readLastingConfig } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase, type Database } from '../database/open-database'
import { createAdminToken, listAdminTokens, revokeAdminTokens } from '../identity/admin-token'
import { takeSwitch } from './take-option'

export async function tokenCommand([action = '', ...argv]: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const run = actions[action]
  if (!run) {
    throw new ConfigError([`sightline: expected token create, token list or token revoke, got "${action}".`], 2)
  }
  const json = takeSwitch(argv, '--json')
  const { subject, rest } = takeSubject(action, json.rest)
  const db = await openDatabase(readLastingConfig(rest, env))
  try {
    await migrate(db)
    return await run(db, subject, json.isOn)
  } finally {
    await db.close()
  }
}

const actions: Record<string, (db: Database, subject: string, asJson: boolean) => Promise<number>> = {
  async create(db, name, asJson) {
    const token = await createAdminToken(db, name, Date.now())
    if (asJson) {
      console.log(JSON.stringify({ name, token }))
      return 0
    }
    console.log(`Admin token "${name}", shown only now:\n${token}`)
    return 0
  },
  async list(db, _subject, asJson) {
    const tokens = await listAdminTokens(db)
    if (asJson) {
      console.log(JSON.stringify(tokens, null, 2))
      return 0
    }
    for (const { id, name, createdAt, revokedAt } of tokens) {
      const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : 'valid'
      console.log(`${id}  ${name}  made ${createdAt.toISOString()}  ${state}`)
    }
    return 0
  },
  async revoke(db, idOrName, asJson) {
    const count = await revokeAdminTokens(db, idOrName, Date.now())
    if (asJson) console.log(JSON.stringify({ revoked: count }))
    else if (count > 0) console.log(`Revoked ${count} token${count === 1 ? '' : 's'}.`)
    else console.error(`sightline: there is no valid token "${idOrName}". Run "sightline token list" to see them.`)
    return count > 0 ? 0 : 1
  },
}

// `create --name <name>` and `revoke <id or name>`; everything else belongs to the configuration.
function takeSubject(action: string, argv: string[]): { subject: string; rest: string[] } {
  if (action === 'list') return { subject: '', rest: argv }
  const at = action === 'create' ? argv.findIndex((argument) => /^--name(=|$)/.test(argument)) : 0
  const argument = argv[at] ?? ''
  const inline = /^--name=(.+)$/.exec(argument)?.[1]
  const isNamed = action === 'create' && inline === undefined
  const subject = inline ?? (isNamed ? argv[at + 1] : argument)
  if (at < 0 || !subject || subject.startsWith('--')) {
    const expected = action === 'create' ? 'token create --name <name>' : 'token revoke <id or name>'
    throw new ConfigError([`sightline: expected ${expected}.`], 2)
  }
  return { subject, rest: [...argv.slice(0, at), ...argv.slice(at + (isNamed ? 2 : 1))] }
}
