// What the documents say is what the code does: links resolve, and every table of limits, options and settings is the code's.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { configTable } from '../packages/collector/src/config'
import { defaultOptions } from '../packages/sdk/src/options'
import { wireLimits } from '../packages/sdk/src/wire'
import { root } from './support/source-files'

const documents = listMarkdown(root)

function listMarkdown(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.changeset'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listMarkdown(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** Docstrings of the properties of one object or interface, by property. */
function docstrings(path: string, container: string): Map<string, string> {
  const tree = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const found = new Map<string, string>()
  const visit = (node: ts.Node, inside: boolean) => {
    const named =
      (ts.isVariableDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name.getText() === container
    if (inside && (ts.isPropertyAssignment(node) || ts.isPropertySignature(node))) {
      const text = ts.getJSDocCommentsAndTags(node).map((doc) => doc.getText()).join(' ')
      found.set(node.name.getText(), text.replace(/^\/\*\*|\*\/$|^\s*\* ?/gm, '').replace(/\s+/g, ' ').trim())
    }
    ts.forEachChild(node, (child) => visit(child, inside || named))
  }
  visit(tree, false)
  return found
}

/**
 * Holds the part of a document between `<!-- name:begin -->` and `<!-- name:end -->` to the given lines.
 * `UPDATE_DOCS=1` writes them there instead.
 */
function expectPart(path: string, name: string, lines: string[]) {
  const text = readFileSync(join(root, path), 'utf8')
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`]
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(end)
  expect(from, `${path} has the marker ${begin.trim()}`).toBeGreaterThan(begin.length)
  const wanted = `\n${lines.join('\n')}\n\n`
  if (process.env.UPDATE_DOCS) writeFileSync(join(root, path), text.slice(0, from) + wanted + text.slice(to))
  else expect(text.slice(from, to)).toBe(wanted)
}

const cell = (text: string) => text.replaceAll('|', '\\|')

describe('documents', () => {
  test.each(documents.map((path) => relative(root, path)))('%s: every link leads somewhere', (name) => {
    const path = join(root, name)
    const text = readFileSync(path, 'utf8').replace(/```[\s\S]*?```/g, '')
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!)
    const broken = targets
      .filter((target) => !/^(https?:|mailto:|#)/.test(target))
      .filter((target) => !existsSync(resolve(dirname(path), target.split('#')[0]!)))
    expect(broken).toEqual([])
  })

  test('the wire format names the limits of wire.ts', () => {
    const meaning = docstrings('packages/sdk/src/wire.ts', 'wireLimits')
    const rows = Object.entries(wireLimits).map(
      ([name, value]) => `| \`${name}\` | ${value.toLocaleString('en-US')} | ${cell(meaning.get(name)!)} |`,
    )
    expectPart('docs/wire-format.md', 'limits', ['| limit | default | what it bounds |', '|---|---|---|', ...rows])
  })

  test('the collector page lists every setting with its flag, variable and default', () => {
    const rows = configTable().map(
      (row) => `| \`${row.flag}\` | \`${row.variable}\` | ${row.unit} | ${row.default} | ${cell(row.description)} |`,
    )
    expectPart('docs/collector.md', 'settings', ['| flag | variable | unit | default | meaning |', '|---|---|---|---|---|', ...rows])
  })

  test('the SDK page lists every option with the default of the code', () => {
    const page = readFileSync(join(root, 'docs/sdk.md'), 'utf8')
    const meaning = docstrings('packages/sdk/src/options.ts', 'TrackerOptions')
    for (const [name, tag] of meaning) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      expect(row, `docs/sdk.md has no row for the option ${name}`).toBeDefined()
      const value = (defaultOptions as Record<string, unknown>)[name]
      if (typeof value === 'number') {
        expect(row!.replaceAll(/[_,]/g, ''), name).toMatch(new RegExp(`\\b${String(value).replace('.', '\\.')}\\b`))
        expect(tag.replaceAll('_', ''), `@default of ${name}`).toContain(`@default ${value}`)
      }
      if (typeof value === 'boolean' || typeof value === 'string') {
        expect(row, name).toMatch(new RegExp(`\`'?${value}'?\``))
        expect(tag, `@default of ${name}`).toMatch(new RegExp(`@default '?${value}'?`))
      }
    }
  })
})
