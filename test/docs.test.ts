// What the documents say is what the code does: links resolve, and every table of limits, options and settings is the code's.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { configTable } from '../packages/collector/src/config'
import { exportedFields } from '../packages/collector/src/exported-event'
import { defaultOptions } from '../packages/sdk/src/options'
import { wireLimits } from '../packages/sdk/src/wire'
import { githubSlug } from '../site/github-slug.mjs'
import { readPart } from './support/docs-part'
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

const withoutCode = (text: string) => text.replaceAll(/^(```+).*\n[^]*?^\1`*$/gm, '')

/** Targets of the links and pictures of a document, in Markdown and in HTML. */
function linksOf(text: string): string[] {
  const prose = withoutCode(text).replaceAll(/(`+)[^`][^]*?\1/g, '')
  return [
    ...[...prose.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)].map((match) => match[1]!),
    ...[...prose.matchAll(/\s(?:href|src)="([^"]+)"/g)].map((match) => match[1]!),
  ]
}

/** Headings by the names that GitHub and the site give them; the second of one name has a number. */
function namesOfHeadings(text: string): string[] {
  const seen = new Map<string, number>()
  return [...withoutCode(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
    const words = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '')
    const name = githubSlug(words)
    const times = seen.get(name) ?? 0
    seen.set(name, times + 1)
    return times === 0 ? name : `${name}-${times}`
  })
}

const anchors = new Map<string, ReadonlySet<string>>()

function anchorsOf(path: string): ReadonlySet<string> {
  const known = anchors.get(path)
  if (known) return known
  const text = readFileSync(path, 'utf8')
  const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]!)
  const found = new Set([...namesOfHeadings(text), ...ids])
  anchors.set(path, found)
  return found
}

/** Docstrings of the properties of one object or interface, by property. */
function docstrings(path: string, container: string): Map<string, string> {
  const tree = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const found = new Map<string, string>()
  const visit = (node: ts.Node, inside: boolean) => {
    const named =
      (ts.isVariableDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name.getText() === container
    if (inside && (ts.isPropertyAssignment(node) || ts.isPropertySignature(node))) {
      const text = ts
        .getJSDocCommentsAndTags(node)
        .map((doc) => doc.getText())
        .join(' ')
      found.set(
        node.name.getText(),
        text
          .replace(/^\/\*\*|\*\/$|^\s*\* ?/gm, '')
          .replace(/\s+/g, ' ')
          .trim(),
      )
    }
    ts.forEachChild(node, (child) => visit(child, inside || named))
  }
  visit(tree, false)
  return found
}

/** Tables are aligned by the formatter, which changes nothing of what they say. */
const squeeze = (text: string) => text.replaceAll(/-{3,}/g, '---').replaceAll(/\s+/g, ' ')

const whole = (value: number) => Math.round(value).toLocaleString('en-US')

const cell = (text: string) => text.replaceAll('|', '\\|')

describe('documents', () => {
  test.each(documents.map((path) => relative(root, path)))('%s: every link leads somewhere', (name) => {
    const path = join(root, name)
    const broken = linksOf(readFileSync(path, 'utf8')).filter((link) => {
      if (/^(https?:|mailto:|data:)/.test(link)) return false
      const [file = '', anchor] = decodeURI(link).split('#')
      const target = file === '' ? path : resolve(dirname(path), file)
      if (!existsSync(target)) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor)
    })
    expect(broken).toEqual([])
  })

  test('a link to nothing, or to a heading that is not there, would be found', () => {
    const text =
      '# A `code` and [link](x.md)\n\n## Twice\n\n## Twice\n\n```bash\n# No heading\n```\n\n`[no](link.md)` <a href="#one">x</a>'
    expect(linksOf(text)).toEqual(['x.md', '#one'])
    expect(namesOfHeadings(text)).toEqual(['a-code-and-link', 'twice', 'twice-1'])
  })

  test('the wire format names the limits of wire.ts', () => {
    const meaning = docstrings('packages/sdk/src/wire.ts', 'wireLimits')
    const rows = Object.entries(wireLimits).map(
      ([name, value]) => `| \`${name}\` | ${value.toLocaleString('en-US')} | ${cell(meaning.get(name)!)} |`,
    )
    const { found, wanted } = readPart('docs/wire-format.md', 'limits', [
      '| limit | default | what it bounds |',
      '|---|---|---|',
      ...rows,
    ])
    expect(found).toBe(wanted)
  })

  test('the collector page lists every setting with its flag, variable and default', () => {
    const rows = configTable().map(
      (row) => `| \`${row.flag}\` | \`${row.variable}\` | ${row.unit} | ${row.default} | ${cell(row.description)} |`,
    )
    const { found, wanted } = readPart('docs/collector.md', 'settings', [
      '| flag | variable | unit | default | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ])
    expect(found).toBe(wanted)
  })

  test('the operations page tells what was measured', () => {
    const { machine, rows, bytesPerEvent } = JSON.parse(
      readFileSync(join(root, 'bench/ingest/result.json'), 'utf8'),
    ) as {
      machine: { postgres: string; node: string; cpu: string; cores: number }
      rows: { title: string; perSecond: number; perCpuSecond: number }[]
      bytesPerEvent: { heap: number; indexes: number; total: number }
    }
    const { heap, indexes, total } = bytesPerEvent
    const { found, wanted } = readPart('docs/operations.md', 'sizing', [
      '| what | events a second | events a CPU-second |',
      '| --- | --- | --- |',
      ...rows
        .filter(({ title }) => title.startsWith('collector'))
        .map(({ title, perSecond, perCpuSecond }) => `| ${title} | ${whole(perSecond)} | ${whole(perCpuSecond)} |`),
      '',
      `An event takes ${whole(total)} bytes on disk, ${whole(indexes)} of them indexes and ${whole(heap)} the row. ` +
        `${machine.cores} cores of an ${machine.cpu}, PostgreSQL ${machine.postgres}, Node ${machine.node.slice(1)}.`,
    ])
    expect(squeeze(found)).toBe(squeeze(wanted))
  })

  test('the privacy page names every field of a stored event, and how long what is kept by default', () => {
    const page = readFileSync(join(root, 'docs/privacy.md'), 'utf8')
    expect(exportedFields.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
    const told = [...page.matchAll(/^\|[^|]+\|([^|]+)\| `([A-Z_]+)` +\|$/gm)]
    const defaults = new Map(configTable().map((row) => [row.variable, row.default]))
    expect(told.map(([, howLong, variable]) => [variable, /\d+/.exec(howLong!)?.[0]])).toEqual(
      told.map(([, , variable]) => [variable, defaults.get(variable!)]),
    )
    expect(told.length).toBeGreaterThan(2)
  })

  test('every function that the architecture names is in the file that it names', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8').replaceAll(/\s+/g, ' ')
    const named = [...page.matchAll(/`(\w+)\(\)` in `((?:sdk|collector)\/src\/[\w/-]+\.ts)`/g)]
    const missing = named.filter(([, name, path]) => {
      const source = readFileSync(join(root, 'packages', path!), 'utf8')
      return !new RegExp(`^export (async )?function ${name}\\b`, 'm').test(source)
    })
    expect(missing.map(([text]) => text)).toEqual([])
    expect(named.length).toBeGreaterThan(20)
  })

  const defaults = Object.entries(defaultOptions).filter(([, value]) => typeof value !== 'object')

  test.each(defaults)('the SDK page and the docstring of %s tell the default of the code', (name, value) => {
    const row = sdkPage.find((line) => line.startsWith(`| \`${name}\``))
    const tag = /@default (\S+)/.exec(optionDocstrings().get(name) ?? '')?.[1]
    expect(readValue(tag)).toBe(String(value))
    expect(readValue((row ?? `| | no row for ${name} |`).split('|')[2])).toBe(String(value))
  })

  test('the SDK page lists every option', () => {
    const options = [...optionDocstrings().keys()]
    expect(options.filter((name) => !sdkPage.some((line) => line.startsWith(`| \`${name}\``)))).toEqual([])
  })
})

const sdkPage = readFileSync(join(root, 'docs/sdk.md'), 'utf8').split('\n')

/** A value as prose writes it: `` `'session'` ``, 5,000 ms or 5_000. */
const readValue = (text: string | undefined) =>
  text
    ?.trim()
    .split(' ')[0]
    ?.replaceAll(/[`'_,]/g, '')

/** Of all options, those of recording and delivery first. */
const optionDocstrings = () =>
  new Map(['DeliveryOptions', 'TrackerOptions'].flatMap((name) => [...docstrings('packages/sdk/src/options.ts', name)]))
