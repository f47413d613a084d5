// Every piece of code in the documents is what it says it is: TypeScript compiles against the sources, SQL runs, commands, flags,
// scripts, addresses and settings are there.
import { spawnSync } from 'node:child_process'
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, inject, test } from 'vitest'
import { openDatabase } from '@sightline/collector'
import { helpText } from '../packages/collector/src/commands/help'
import { ConfigError, readConfig, variableNames } from '../packages/collector/src/config'
import { operations } from '../packages/collector/src/description/operations'
import { root } from './support/source-files'

interface Snippet {
  document: string
  /** Place of the program that it is compiled as. */
  path: string
  code: string
}

const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  ...['sdk', 'react', 'vue', 'collector'].map((name) => `packages/${name}/README.md`),
  ...['docs', 'bench'].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
      .map((path) => `${folder}/${path}`),
  ),
]

/** Snippets of one document can import each other by the file names in their first comments. */
function readSnippets(document: string): Snippet[] {
  const folder = join(root, '.snippets', document)
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].map(([, kind, code], index) => {
    const named = /^\/\/ ([\w./[\]-]+\.tsx?)\b/m.exec(code!.split('\n', 3).join('\n'))?.[1]
    return { document, path: join(folder, named ?? `${index}.${kind}`), code: `${code}\nexport {}\n` }
  })
}

/** What a page, a compiler of templates or the reader's own code gives to a snippet. */
const GIVEN = `
  import type { Component, createApp as createVueApp } from 'vue'
  import type { Tracker } from '@sightline/sdk'
  declare global {
    const tracker: Tracker
    const card: HTMLElement
    const banner: HTMLElement
    const video: HTMLVideoElement
    const posts: { id: string; title: string }[]
    const App: Component
    const createApp: typeof createVueApp
    function defineProps<Props>(): Props
  }`

/** As much as a snippet uses of what is not installed here. No imports: this is a script, which declares whole modules. */
const NOT_INSTALLED = `
  declare module '*.vue' {
    const component: import('vue').Component
    export default component
  }
  declare module 'next/link' {
    const Link: (props: { href: string; onClick: () => void; children: import('react').ReactNode }) => import('react').ReactNode
    export default Link
  }
  declare module 'nuxt/app' {
    export function defineNuxtPlugin(plugin: (nuxt: { vueApp: import('vue').App }) => void): unknown
  }
  declare module '@playwright/test' {
    interface Given { page: import('playwright-core').Page; request: import('playwright-core').APIRequestContext }
    type Run = (given: Given) => Promise<unknown>
    export const test: ((name: string, run: Run) => void) & { beforeEach(run: Run): void }
    export const expect: typeof import('vitest').expect
    export function defineConfig(config: { workers: number; webServer: { command: string; url: string }[] }): object
  }
  declare module '@angular/core' {
    export function Directive(options: { selector: string; standalone: boolean }): (target: abstract new () => object) => void
    export function Input(options?: { required: boolean }): (target: object, name: string) => void
    export class ElementRef { nativeElement: HTMLElement }
    export class InjectionToken<Value> {
      constructor(name: string, options: { providedIn: 'root'; factory: () => Value })
      private value: Value
    }
    export function inject<Value>(token: InjectionToken<Value>): Value
    export function inject(token: typeof ElementRef): ElementRef
    export interface OnChanges { ngOnChanges(): void }
    export interface OnDestroy { ngOnDestroy(): void }
  }`

/** A snippet that must not compile, so that the others can be believed. */
const WRONG: Snippet = {
  document: 'wrong',
  path: join(root, '.snippets/wrong.ts'),
  code: "import { createTracker } from '@sightline/sdk'\ncreateTracker({ endpoint: 5 })\n",
}

const installed = (folder: string, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, [`./packages/${folder}/node_modules/${name}`]]))

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.ReactJSX,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  noEmit: true,
  resolveJsonModule: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  paths: Object.fromEntries(
    Object.entries({
      '@sightline/sdk': ['./packages/sdk/src/index.ts'],
      '@sightline/sdk/*': ['./packages/sdk/src/*.ts'],
      '@sightline/react': ['./packages/react/src/index.ts'],
      '@sightline/react/server': ['./packages/react/src/server.ts'],
      '@sightline/vue': ['./packages/vue/src/index.ts'],
      '@sightline/collector': ['./packages/collector/src/index.ts'],
      'react-dom/*': ['./packages/react/node_modules/@types/react-dom/*'],
      react: ['./packages/react/node_modules/@types/react'],
      'react/*': ['./packages/react/node_modules/@types/react/*'],
      ...installed('vue', 'vue', 'vue-router'),
      ...installed('collector', 'fastify'),
      ...installed('sdk', 'expect'),
    }).map(([name, places]) => [name, places.map((place) => join(root, place))]),
  ),
}

const snippets = documents.flatMap(readSnippets)

/** What does not compile, by document. */
function compile(): Map<string, string[]> {
  const virtual = new Map([...snippets, WRONG].map(({ path, code }) => [path, code]))
  virtual.set(join(root, '.snippets/given.d.ts'), GIVEN)
  virtual.set(join(root, '.snippets/not-installed.d.ts'), NOT_INSTALLED)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => virtual.has(path) || fileExists(path)
  host.readFile = (path) => virtual.get(path) ?? readFile(path)
  // What is not on the disk has no real path either.
  host.directoryExists = (path) => path.includes('.snippets') || existsSync(path)
  const program = ts.createProgram([...virtual.keys()], options, host)

  const problems = new Map<string, string[]>()
  for (const { document, path } of [...snippets, WRONG]) {
    const file = program.getSourceFile(path)!
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    const sentences = found.map(({ code, start, messageText }) => {
      const line = file.text.split('\n')[file.getLineAndCharacterOfPosition(start ?? 0).line]
      return `${ts.flattenDiagnosticMessageText(messageText, ' ')} (TS${code}) at: ${line?.trim()}`
    })
    problems.set(document, [...(problems.get(document) ?? []), ...sentences])
  }
  return problems
}

describe('the documents', () => {
  const problems = compile()
  const withCode = documents.filter((document) => snippets.some((snippet) => snippet.document === document))

  test('have snippets to compile', () => {
    expect(withCode.length).toBeGreaterThan(8)
  })

  test.each(withCode)('%s: every snippet compiles', (document) => {
    expect(problems.get(document)).toEqual([])
  })

  test('a snippet that is wrong would be found', () => {
    const sentence = "Type 'number' is not assignable to type 'string'. (TS2322)"
    expect(problems.get(WRONG.document)).toEqual([expect.stringContaining(sentence)])
  })

  test('the example of the testing kit is run as it stands', () => {
    const [example] = readSnippets('docs/testing.md')
    const run = readFileSync(join(root, 'packages/sdk/test/testing/documented.test.ts'), 'utf8')
    expect(run).toContain(example!.code.replace(/\nexport \{\}\n$/, ''))
    expect(basename(example!.path)).toBe('0.ts')
  })
})

interface Block {
  document: string
  /** Of its first line in the document. */
  line: number
  language: string
  code: string
}

function readBlocks(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```/gm)].map(({ index, 1: language = '', 2: code = '' }) => ({
    document,
    line: text.slice(0, index).split('\n').length + 1,
    language,
    code,
  }))
}

const blocks = documents.flatMap(readBlocks)
const placeOf = ({ document, line }: Block) => `${document}:${line}`
const inLanguage = (language: string) => blocks.filter((block) => block.language === language)

/** Blocks that are no code, with what they are. */
const NOT_CODE: Record<string, string> = {
  'docs/architecture.md': 'the drawing of the path of an event',
  'docs/operations.md': 'what doctor prints',
  'docs/start.md': 'what the collector prints',
}

/** Templates that only a compiler reads that is not installed here. */
const NOT_A_TEMPLATE_OF_VUE: Record<string, string> = {
  'docs/recipes/svelte.md': "braces in the place of quotes, which is Svelte's own",
}

describe('code of other languages in the documents', () => {
  const known = new Set(['ts', 'tsx', 'js', 'json', 'bash', 'dotenv', 'sql', 'html'])

  test('is of a language that is checked here, or is named with a reason', () => {
    const others = blocks.filter(
      ({ language, document }) => !known.has(language) && !(language === '' && document in NOT_CODE),
    )
    expect(others.map(placeOf)).toEqual([])
    const unused = Object.keys(NOT_CODE).filter((name) => !inLanguage('').some(({ document }) => document === name))
    expect(unused).toEqual([])
  })

  test.each(inLanguage('js').map((block) => [placeOf(block), block] as const))(
    '%s: is JavaScript',
    (_place, { code }) => {
      // Without types: what it calls is made by the script tag, whose test makes the same calls.
      const { diagnostics } = ts.transpileModule(code, {
        reportDiagnostics: true,
        compilerOptions: { allowJs: true },
        fileName: 'block.js',
      })
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([])
    },
  )

  test.each(inLanguage('json').map((block) => [placeOf(block), block] as const))('%s: is JSON', (_place, { code }) => {
    expect(() => JSON.parse(code)).not.toThrow()
  })

  test.each(inLanguage('dotenv').map((block) => [placeOf(block), block] as const))(
    '%s: are settings',
    (_place, { code }) => {
      const lines = code.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/, 2) as [string, string]))
      expect(Object.keys(env).filter((name) => !variableNames().has(name))).toEqual([])
      // What the reader fills in is empty, which counts as unset.
      expect(() => readConfig([], env)).not.toThrow(ConfigError)
    },
  )

  test('SQL is answered by the tables', async () => {
    const db = await openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })
    try {
      for (const { code } of inLanguage('sql')) {
        const statement = {
          sql: code,
          parameters: [],
          query: { kind: 'RawNode' },
          queryId: { queryId: placeOf(inLanguage('sql')[0]!) },
        }
        await expect(db.kysely.executeQuery(statement as never)).resolves.toHaveProperty('rows')
      }
      expect(inLanguage('sql').length).toBeGreaterThan(0)
    } finally {
      await db.close()
    }
  })

  const { compileTemplate } = createRequire(join(root, 'packages/vue/package.json'))('vue/compiler-sfc') as {
    compileTemplate(given: { source: string; filename: string; id: string }): { errors: (string | Error)[] }
  }
  const attributes = new Set(
    [...readFileSync(join(root, 'docs/script-tag.md'), 'utf8').matchAll(/^\| `(data-sightline[\w-]*)/gm)].map(
      ([, name]) => name,
    ),
  )

  test.each(inLanguage('html').map((block) => [placeOf(block), block] as const))(
    '%s: is HTML, or a template',
    (_place, { code, document }) => {
      const { errors } = compileTemplate({ source: code, filename: 'block.vue', id: 'block' })
      // A page has scripts and styles, which a template may not.
      const wrong = errors.map(String).filter((error) => !error.includes('side effect'))
      expect(wrong.length > 0).toBe(document in NOT_A_TEMPLATE_OF_VUE)
      const named = [...code.matchAll(/\s(data-sightline[\w-]*)/g)].map(([, name]) => name)
      expect(named.filter((name) => !attributes.has(name))).toEqual([])
    },
  )
})

const scriptsOf = (folder: string) =>
  Object.keys(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).scripts ?? {})

/** One command a line, without its comment and what it is piped into. */
const linesOf = ({ code }: Block) =>
  code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))

describe('commands in the documents', () => {
  const bash = inLanguage('bash')
  const scripts = scriptsOf('')
  const ofPnpm = ['install', 'exec', 'pack', 'changeset', '-r']

  test.each(bash.map((block) => [placeOf(block), block] as const))('%s: a shell reads them', (_place, { code }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('of sightline and their flags are those of its help', () => {
    const wrong: string[] = []
    const overview = helpText()
    for (const block of bash) {
      for (const line of linesOf(block)) {
        const [, rest = ''] =
          /(?:^\s*|\| *)(?:\w+=\S* )*(?:sightline|npx (?:-y )?@sightline\/collector)(?: ([^|>#&;]*))?/.exec(line) ?? []
        const [command = '', ...flags] = rest.trim().split(/\s+/)
        if (command === '' || command.startsWith('/')) continue
        const isKnown = command.startsWith('-') || overview.includes(`\n  ${command} `)
        const help = helpText(command.startsWith('-') ? 'start' : command)
        const unknown = [command, ...flags].filter(
          (flag) => flag.startsWith('--') && !help.includes(flag.split('=')[0]!) && !overview.includes(flag),
        )
        if (!isKnown || unknown.length > 0) wrong.push(`${placeOf(block)} ${command} ${unknown.join(' ')}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('of pnpm run a script that is there, and node runs a file that is there', () => {
    const wrong: string[] = []
    for (const block of bash) {
      for (const line of linesOf(block)) {
        const [, example, script] = /\bpnpm(?:@[\d.]+)? (?:--filter (\S+) )?([\w:-]+)/.exec(line) ?? []
        const known = example === undefined ? [...scripts, ...ofPnpm] : scriptsOf(`examples/${example}`)
        if (script !== undefined && !known.includes(script)) wrong.push(`${placeOf(block)} pnpm ${script}`)
        const [, file] = /\bnode ([\w./-]+\.m?js)\b/.exec(line) ?? []
        if (file !== undefined && !existsSync(join(root, file))) wrong.push(`${placeOf(block)} node ${file}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('of curl ask for a route that is there, with a body that is JSON', () => {
    const routes = Object.keys(operations).map((route) => new RegExp(`^${route.replaceAll(/:\w+/g, '[^/?]+')}$`))
    const wrong: string[] = []
    let asked = 0
    for (const block of bash) {
      for (const line of linesOf(block).filter((each) => /\bcurl /.test(each))) {
        const [, path] = /https?:\/\/[^/\s'"]+(\/(?:v1|_test)[^?\s'"]*)/.exec(line) ?? []
        if (path === undefined) continue
        asked++
        const [, body] = / (?:-d|--data(?:-raw)?) '([^']*)'/.exec(line) ?? []
        const [, named] = / -X (\w+)/.exec(line) ?? []
        const method = named ?? (body === undefined ? 'GET' : 'POST')
        if (!routes.some((route) => route.test(`${method} ${path}`))) wrong.push(`${placeOf(block)} ${method} ${path}`)
        try {
          if (body !== undefined) JSON.parse(body)
        } catch {
          wrong.push(`${placeOf(block)} ${body}`)
        }
      }
    }
    expect(asked).toBeGreaterThan(10)
    expect(wrong).toEqual([])
  })
})
