// The command line: what it prints, and the exit codes that scripts rely on.
import { createServer } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { version } from '../package.json'
import { endAllCollectors, runCli, startCollector } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'

let databaseUrl: string
let drop: () => Promise<void>
beforeAll(async () => {
  const database = await createPostgresDatabase()
  databaseUrl = database.url
  drop = database.drop
})
afterEach(endAllCollectors)
afterAll(() => drop())

const findToken = (output: string) => /sightline_[\w-]{43}/.exec(output)?.[0]

async function run(argv: string[], env: Record<string, string> = {}) {
  const { ended, output } = runCli(argv, env)
  return { code: await ended, output: output() }
}

test('prints its version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, output: `${version}\n` })
})

test.each(['start', 'migrate', 'token', 'dead-letters'])(
  '%s --help shows an example and every setting',
  async (command) => {
    const { code, output } = await run([command, '--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/Examples?:\n {2}/)
    expect(output).toContain('RAW_RETENTION_DAYS')
  },
)

test.each([
  [['fly'], 2, /there is no command "fly"/],
  [['start', '--fast'], 2, /unknown argument "--fast"/],
  [['token', 'guess'], 2, /expected token create, token list or token revoke, got "guess"/],
  [['token', 'create'], 2, /expected token create --name <name>/],
])('%j ends with %d and says why', async (argv, expected, sentence) => {
  const { code, output } = await run(argv)
  expect([code, output]).toEqual([expected, expect.stringMatching(sentence)])
})

test('wrong settings end with 78 and one line each', async () => {
  const { code, output } = await run(['start'], { PORT: 'x', RAW_RETENTION_DAYS: 'forever' })
  expect(code).toBe(78)
  expect(output.trimEnd().split('\n')).toHaveLength(2)
})

test('a port in use ends with 1 and says what to do', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { code, output } = await run(['start', '--port', String(port)], { DATABASE_URL: databaseUrl })
  server.close()
  expect(code).toBe(1)
  expect(output).toContain(`port ${port} on 127.0.0.1 is in use`)
  expect(output).toContain(`sightline start --port ${port + 1}`)
})

test('a database that cannot be reached is told in one line', async () => {
  const { code, output } = await run(['migrate'], { DATABASE_URL: 'postgres://x@127.0.0.1:1/none' })
  expect([code, output]).toEqual([1, expect.stringMatching(/^sightline: the database cannot be reached .+\n$/)])
})

test('five migrations at once all succeed, and the tables are there once', async () => {
  const { url, drop: dropThis } = await createPostgresDatabase()
  const results = await Promise.all([1, 2, 3, 4, 5].map(() => run(['migrate'], { DATABASE_URL: url })))
  await dropThis()
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
  expect(results.filter(({ output }) => output.startsWith('Migrated:'))).toHaveLength(1)
})

test('the first start shows an admin token once; it opens the stats until it is revoked', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sightline-cli-'))
  try {
    const env = { DATA_DIR: dataDir, LOG_LEVEL: 'silent' }
    const first = await startCollector(env)
    await expect.poll(() => findToken(first.output()), { timeout: 5_000 }).toBeDefined()
    const token = findToken(first.output())
    const askStats = async (url: string) =>
      (await fetch(`${url}/v1/stats/site`, { headers: { authorization: `Bearer ${token}` } })).status
    expect(await askStats(first.url)).toBe(200)
    first.signal('SIGINT')
    expect(await first.ended).toBe(0)

    expect((await run(['token', 'create', '--name', 'grafana'], env)).output).toMatch(
      /"grafana", shown only now:\nsightline_/,
    )
    const { output: list } = await run(['token', 'list'], env)
    expect(list).toMatch(/^[0-9a-f]{8} {2}first .*valid\n[0-9a-f]{8} {2}grafana .*valid\n$/s)
    expect(list).not.toContain('sightline_')
    expect(await run(['token', 'revoke', 'first'], env)).toEqual({ code: 0, output: 'Revoked 1 token.\n' })
    expect((await run(['token', 'revoke', 'nobody'], env)).code).toBe(1)

    const second = await startCollector(env)
    expect(await askStats(second.url)).toBe(401)
    expect(findToken(second.output())).toBeUndefined()
    second.signal('SIGTERM')
    expect(await second.ended).toBe(0)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
