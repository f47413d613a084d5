// The rules of the house, held by reading every import: the graph goes down, rooms do not know each other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { findCircles, findGlobals, readSources, root } from './support/source-files'

const packages = ['sdk', 'react', 'vue', 'collector', 'dashboard'] as const
const sources = Object.fromEntries(packages.map((name) => [name, readSources(name)])) as Record<
  (typeof packages)[number],
  ReturnType<typeof readSources>
>

const rooms: Record<string, string[]> = {
  sdk: ['observe', 'record', 'deliver'],
  collector: [
    'ingest',
    'catalog',
    'rollup',
    'stats',
    'viewers',
    'privacy',
    'retention',
    'live',
    'transfer',
    'trust',
    'shares',
  ],
}

/** The only files that know the order of the rooms. */
const compositionRoots: Record<string, string[]> = { sdk: ['tracker.ts', 'core.ts'], collector: ['collector.ts'] }

const browserGlobals = new Set(
  (
    'window document navigator location history navigation localStorage sessionStorage fetch fetchLater crypto globalThis ' +
    'IntersectionObserver ResizeObserver MutationObserver XMLHttpRequest requestAnimationFrame addEventListener'
  ).split(' '),
)
const mayTouchTheBrowser = new Set([
  'page.ts',
  'address.ts',
  'storage.ts',
  'id.ts',
  'auto.ts',
  'observe/viewport.ts',
  'observe/media.ts',
  'deliver/transport.ts',
  'testing/fake-viewport.ts',
  'devtools/overlay.ts',
])

const roomOf = (name: string) => name.split('/')[0]!

describe.each(packages)('%s', (name) => {
  test('has sources to check', () => {
    expect(sources[name].length).toBeGreaterThan(2)
  })

  test('has no circle of imports, types included', () => {
    expect(findCircles(sources[name])).toEqual([])
  })

  test('names no file for what it is not: types, utils, helpers', () => {
    const vague = sources[name].filter((file) => /(^|\/)(types|utils|util|helpers|common|misc)\.tsx?$/.test(file.name))
    expect(vague.map((file) => file.name)).toEqual([])
  })
})

describe.each(Object.keys(rooms))('the rooms of %s', (name) => {
  const files = sources[name as 'sdk' | 'collector']

  test('never import each other', () => {
    const crossings = files.flatMap((file) =>
      file.imports
        .filter((target) => rooms[name]!.includes(roomOf(file.name)) && rooms[name]!.includes(roomOf(target)))
        .filter((target) => roomOf(target) !== roomOf(file.name))
        .map((target) => `${file.name} → ${target}`),
    )
    expect(crossings).toEqual([])
  })

  test('never import the file that composes them', () => {
    const upward = files.filter(
      (file) =>
        rooms[name]!.includes(roomOf(file.name)) && compositionRoots[name]!.some((top) => file.imports.includes(top)),
    )
    expect(upward.map((file) => file.name)).toEqual([])
  })
})

describe('sdk', () => {
  test('wire.ts imports nothing', () => {
    const wire = sources.sdk.find((file) => file.name === 'wire.ts')!
    expect([...wire.imports, ...wire.packages]).toEqual([])
  })

  test('has no dependency', () => {
    expect(sources.sdk.flatMap((file) => file.packages)).toEqual([])
    const manifest = JSON.parse(readFileSync(join(root, 'packages/sdk/package.json'), 'utf8'))
    expect(manifest.dependencies ?? {}).toEqual({})
    expect(manifest.peerDependencies ?? {}).toEqual({})
  })

  test('touches the browser in few files, and there only inside functions', () => {
    const touches = sources.sdk.flatMap((file) =>
      findGlobals(file, browserGlobals)
        .filter((use) => !mayTouchTheBrowser.has(file.name) || (!use.insideFunction && file.name !== 'auto.ts'))
        .map((use) => `${file.name}:${use.line} ${use.name}`),
    )
    expect(touches).toEqual([])
  })

  test('index.ts re-exports and does nothing else', () => {
    const index = sources.sdk.find((file) => file.name === 'index.ts')!
    expect(index.tree.statements.every((statement) => statement.getText().startsWith('export '))).toBe(true)
  })
})

describe.each(['react', 'vue'] as const)('%s', (name) => {
  test("knows only its framework and the SDK's public words", () => {
    const outside = new Set(sources[name].flatMap((file) => file.packages))
    expect([...outside].filter((specifier) => specifier !== '@sightline/sdk' && specifier !== name)).toEqual([])
  })
})

describe('dashboard', () => {
  test('talks to the API and knows of the collector only the shapes of its answers', () => {
    const outside = new Set(sources.dashboard.flatMap((file) => file.packages))
    const allowed =
      /^(preact(\/.*)?|uplot(\/.*)?|@sightline\/collector\/(stats|trust|live|shares)|@sightline\/sdk\/wire)$/
    expect([...outside].filter((specifier) => !allowed.test(specifier))).toEqual([])
  })
})

describe('collector', () => {
  test('knows of the SDK only the wire', () => {
    const sdk = sources.collector.flatMap((file) => file.packages).filter((name) => name.startsWith('@sightline/'))
    expect([...new Set(sdk)]).toEqual(['@sightline/sdk/wire'])
  })

  test('database/ imports nothing of the rooms above it', () => {
    const upward = sources.collector
      .filter((file) => roomOf(file.name) === 'database')
      .flatMap((file) => file.imports)
      .filter((target) => rooms.collector!.includes(roomOf(target)))
    expect(upward).toEqual([])
  })
})

const file = (name: string, imports: string[], code = '') => ({
  name,
  imports,
  packages: [],
  tree: ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true),
})

describe('the checks themselves', () => {
  test('find a circle', () => {
    const files = [file('a.ts', ['b.ts']), file('b.ts', ['c.ts']), file('c.ts', ['a.ts']), file('d.ts', ['a.ts'])]
    expect(findCircles(files)).toEqual([['a.ts', 'b.ts', 'c.ts', 'a.ts']])
  })

  test('find a browser global, and tell a use at import time from one inside a function', () => {
    const code =
      'const a = window.name\nexport function f() { return document.title }\nconst b = { document: 1 }.document'
    expect(findGlobals(file('x.ts', [], code), browserGlobals)).toEqual([
      { name: 'window', line: 1, insideFunction: false },
      { name: 'document', line: 2, insideFunction: true },
    ])
  })

  test('do not take a parameter for a global', () => {
    expect(findGlobals(file('x.ts', [], 'function f(document: string) { return document }'), browserGlobals)).toEqual(
      [],
    )
  })
})
