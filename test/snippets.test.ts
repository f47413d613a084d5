// Every piece of TypeScript in the documents compiles against the sources, as it stands there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { root } from './support/source-files'

interface Snippet {
  document: string
  /** Place of the program that it is compiled as. */
  path: string
  code: string
}

const documents = [
  'README.md',
  ...['sdk', 'react', 'vue', 'collector'].map((name) => `packages/${name}/README.md`),
  ...(readdirSync(join(root, 'docs'), { recursive: true }) as string[])
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
]

/** Snippets of one document can import each other by the file names in their first comments. */
function readSnippets(document: string): Snippet[] {
  const folder = join(root, '.snippets', document)
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].map(([, kind, code], index) => {
    const named = /^\/\/ ([\w./-]+\.tsx?)\b/m.exec(code!.split('\n', 3).join('\n'))?.[1]
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
      ...installed('react', 'react-dom'),
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
