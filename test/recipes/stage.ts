// A recipe on a stage: the code of its page in a real Chromium, its settings on a real collector, its requests and answers.
import { build } from 'esbuild'
import { once } from 'node:events'
import { openAsBlob, readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Browser, BrowserContext, Page, Request } from 'playwright-core'
import { expect, inject } from 'vitest'
import { buildCollector } from '../../packages/collector/src/collector'
import { readConfig, type Config } from '../../packages/collector/src/config'
import { openDatabase, type Database, type DatabaseOptions } from '../../packages/collector/src/database/open-database'
import type { Batch } from '../../packages/sdk/src/wire'
import { ADMIN_TOKEN, JWT_SECRET, tokenOf } from '../../packages/collector/test/support/collectors'
import { root } from '../support/source-files'

export { tokenOf }
export const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` }

type Sql = ((
  text: TemplateStringsArray,
  ...values: unknown[]
) => {
  execute(db: Database['kysely']): Promise<{ rows: Record<string, unknown>[] }>
}) & { raw(text: string): unknown }
export const { sql } = createRequire(join(root, 'packages/collector/package.json'))('kysely') as { sql: Sql }

/** Long enough for a loaded machine to send and store; a wait ends as soon as it has what it waits for. */
export const patience = { timeout: 30_000, interval: 50 }

/** Where the documents send browsers, and where they send questions. */
const COLLECTOR = 'https://collect.example.com'
const API = 'http://127.0.0.1:8787'

/** A `curl` of a document, with what the document says of its answer. */
export interface Asked {
  /** The command, for messages. */
  command: string
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
  status: number
  /** What has to be in the answer. */
  answer: unknown
}

export interface Recipe {
  /** The settings of its `dotenv` block. */
  config: Config
  /** Its requests, in the order of the document. */
  asked: Asked[]
  /** A few lines that import its files, as one script for a page; what they export stands on `globalThis.recipe`. */
  bundle(entry: string, options?: BundleOptions): Promise<string>
}

export interface BundleOptions {
  /** Origin of the collector, in the place of the document's. */
  collector?: string
  /** Files that take the place of others. */
  replace?: Record<string, string>
}

/** Reads `docs/recipes/<name>.md`. */
export function readRecipe(name: string): Recipe {
  const text = readFileSync(join(root, 'docs/recipes', `${name}.md`), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, kind = '', code = '']) => ({ kind, code }))
  const files = new Map<string, string>()
  for (const { kind, code } of blocks) {
    const file = /^tsx?$/.test(kind) ? /^\/\/ ([\w./-]+\.tsx?)\b/m.exec(code)?.[1] : undefined
    if (file !== undefined) files.set(`./${file}`, code)
  }
  const settings = blocks.filter(({ kind }) => kind === 'dotenv').map(({ code }) => code)
  return {
    config: readConfig([], parseEnv(settings.join('\n')) as Record<string, string>),
    asked: blocks.flatMap(({ kind, code }, at) =>
      kind === 'bash' ? readCommands(code, blocks[at + 1]?.kind === 'json' ? blocks[at + 1]!.code : undefined) : [],
    ),
    bundle: (entry, options) => bundleFiles(new Map([...files, [ENTRY, entry]]), options),
  }
}

/** `# 201 {"counted":true}` behind a command tells its answer; a long one is the block after it. */
function readCommands(code: string, next: string | undefined): Asked[] {
  const found = [...code.replaceAll(/\\\n\s*/g, '').matchAll(/^(curl .*)\n# (\d{3})(?: (.*))?$/gm)]
  return found.map(([, command = '', status, inline], index) => {
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    const after = (flag: string) => words.flatMap((word, at) => (word === flag ? [words[at + 1] ?? ''] : []))
    const address = words.find((word) => word.startsWith(API))
    if (address === undefined) throw new Error(`Expected a request to ${API}, got: ${command}`)
    const [body] = after('-d')
    const json = inline ?? (index === found.length - 1 ? next : undefined)
    return {
      command,
      method: after('-X')[0] ?? (body === undefined ? 'GET' : 'POST'),
      path: address.slice(API.length),
      headers: Object.fromEntries(after('-H').map((line) => line.split(/: (.*)/, 2) as [string, string])),
      body,
      status: Number(status),
      answer: json === undefined ? undefined : JSON.parse(json),
    }
  })
}

const dependencies = ['react', 'sdk'].map((name) => join(root, 'packages', name, 'node_modules'))

const ENTRY = './recipe.ts'

/** Imports leave the ending out. */
function findFile(files: Map<string, string>, path: string): string {
  const found = [path, `${path}.ts`, `${path}.tsx`].find((each) => files.has(each))
  if (found === undefined) throw new Error(`Expected a block of ${path}, got ${[...files.keys()].join(', ')}.`)
  return found
}

async function bundleFiles(
  files: Map<string, string>,
  { collector = COLLECTOR, replace = {} }: BundleOptions = {},
): Promise<string> {
  const result = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'recipe',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    nodePaths: dependencies,
    alias: {
      // As its users get it: minified. The adapters are a few lines that need no build.
      '@sightline/sdk': join(root, 'packages/sdk/dist/index.js'),
      '@sightline/react': join(root, 'packages/react/src/index.ts'),
    },
    plugins: [
      {
        name: 'blocks of a document',
        setup(plugin) {
          plugin.onResolve({ filter: /^\.\// }, ({ path, importer }) =>
            importer === '' || files.has(importer)
              ? { path: findFile(files, replace[path] ?? path), namespace: 'document' }
              : undefined,
          )
          plugin.onLoad({ filter: /./, namespace: 'document' }, ({ path }) => ({
            contents: files.get(path)!,
            loader: path.endsWith('x') ? 'tsx' : 'ts',
            resolveDir: root,
          }))
        },
      },
    ],
  })
  return result.outputFiles[0]!.text.replaceAll(COLLECTOR, collector)
}

/** What stands for somebody's token in a document. */
export type Tokens = Record<string, string>

export interface Stage {
  db: Database
  collector: Awaited<ReturnType<typeof buildCollector>>
  /** Where it listens. */
  origin: string
  /** The JSON of a question that is answered with 200, with the admin token unless another one is given. */
  ask<Answer>(path: string, token?: string): Promise<Answer>
  /** Any request. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Sends a request of the document, and finds the answer that the document shows. */
  holds(asked: Asked, tokens?: Tokens): Promise<void>
  close(): Promise<void>
}

/** A collector with the settings of a recipe that listens on a port of its own. */
export async function openStage(
  recipe: Recipe,
  database: DatabaseOptions,
  given: Partial<Config> = {},
  now?: () => number,
): Promise<Stage> {
  // A copy of a migrated one is there in a moment.
  const copy = async () => ({ ...database, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
  const db = await openDatabase(database.databaseUrl === undefined ? await copy() : database)
  const collector = await buildCollector({
    db,
    config: { ...recipe.config, adminToken: ADMIN_TOKEN, jwtSecret: JWT_SECRET, logLevel: 'silent', ...given },
    now,
  })
  const origin = new URL(await collector.listen({ host: '127.0.0.1', port: 0 })).origin

  const send: Stage['send'] = (method, path, body, headers = {}) =>
    fetch(`${origin}${path}`, {
      method,
      headers: new Headers([
        ...(body === undefined ? [] : [['content-type', 'application/json'] as [string, string]]),
        ...Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-type'),
      ]),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })

  return {
    db,
    collector,
    origin,
    send,
    async ask<Answer>(path: string, token = ADMIN_TOKEN) {
      const answer = await send('GET', path, undefined, { authorization: `Bearer ${token}` })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${text}`)
      return JSON.parse(text) as Answer
    },
    async holds({ command, method, path, headers, body, status, answer }, tokens = {}) {
      const all: Tokens = { ADMIN_TOKEN, ...tokens }
      const named = Object.entries(headers).map(([name, value]): [string, string] => [
        name,
        value.replace(/\b[A-Z_]+_TOKEN\b/, (token) => all[token] ?? token),
      ])
      const response = await send(method, path, body, Object.fromEntries(named))
      const text = await response.text()
      expect([command, response.status, text]).toEqual([command, status, expect.any(String)])
      if (answer !== undefined) expect(JSON.parse(text)).toMatchObject(answer as object)
    },
    async close() {
      await collector.close()
      await db.close()
    },
  }
}

/** A proxy before a collector, as most have one. */
export interface Front {
  origin: string
  /** Headers that it sets: what it knows of the visitor, and the browser that a test cannot pretend to be in every request. */
  headers: Record<string, string>
  close(): Promise<void>
}

export async function openFront(collectorOrigin: string): Promise<Front> {
  const front: Omit<Front, 'close'> = { origin: '', headers: {} }
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const passed = request(collectorOrigin + url, { method, headers: { ...headers, ...front.headers } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  front.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(front, {
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

/** A visitor in a browser profile of their own, what their pages sent, and what went wrong in them. */
export interface Visitor<Body> {
  page: Page
  context: BrowserContext
  requests: { url: string; body: Body; atMs: number }[]
  complaints: string[]
  close(): Promise<void>
}

export async function openVisitor<Body = Batch>(
  browser: Browser,
  { sendsTo, ...options }: Parameters<Browser['newContext']>[0] & { sendsTo: RegExp },
): Promise<Visitor<Body>> {
  const context = await browser.newContext({ viewport: { width: 1_000, height: 800 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(patience.timeout)
  const requests: Visitor<Body>['requests'] = []
  const complaints: string[] = []
  const note = (request: Request) => {
    if (!sendsTo.test(request.url()) || request.method() !== 'POST') return
    requests.push({ url: request.url(), body: JSON.parse(request.postData() ?? 'null'), atMs: Date.now() })
  }
  context.on('request', note)
  page.on('pageerror', (error) => complaints.push(error.message))
  return { page, context, requests, complaints, close: () => context.close() }
}

/** Brings an element to the top of the viewport at once, as a flick of the finger does. */
export const scrollTo = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => element.scrollIntoView({ block: 'start', behavior: 'instant' }))
