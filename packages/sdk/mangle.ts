// Which property names the published files keep: those that a caller, the wire or the browser knows. All others are
// shortened by the build, which makes the bundles about a tenth smaller.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** Names of the web that TypeScript does not declare yet. */
const WEB_NAMES = ['activateAfter', 'fetchLater', 'globalPrivacyControl', 'navigation', 'prerendering']

/** What several copies of the SDK share on a page, and what `debug` prints. */
const SAID_NAMES = ['inFlightBytes', 'isPageOpen', 'onScreenMs']

/**
 * Every name that must stay as it is: also every word that the sources hold as a text, since it may name a property.
 *
 * @param entries the files whose exports are public, from the folder of this one
 */
export function namesToKeep(sourceFolder: string, entries: string[]): string[] {
  const libraries = dirname(createRequire(import.meta.url).resolve('typescript/lib/lib.dom.d.ts'))
  const declarations = readdirSync(libraries).filter((name) => /^lib\.(dom|es\d+|decorators).*\.d\.ts$/.test(name))
  const names = new Set([...WEB_NAMES, ...SAID_NAMES])
  for (const name of declarations) addMembers(parse(join(libraries, name)), names)
  for (const entry of entries) addPublic(parse(join(sourceFolder, entry)), names)
  for (const name of readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.ts')) addTexts(parse(join(sourceFolder, name)), names)
  return [...names]
}

function addTexts(node: ts.Node, names: Set<string>): void {
  if (ts.isStringLiteral(node) && !ts.isLiteralTypeNode(node.parent)) names.add(node.text)
  ts.forEachChild(node, (child) => addTexts(child, names))
}

/** Members of all that a file exports, also of what it passes on from its neighbours. */
function addPublic(file: ts.SourceFile, names: Set<string>, exported?: Set<string>): void {
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier } = statement
      if (!exportClause || !ts.isNamedExports(exportClause) || !moduleSpecifier) continue
      const path = join(dirname(file.fileName), `${(moduleSpecifier as ts.StringLiteral).text}.ts`)
      addPublic(parse(path), names, new Set(exportClause.elements.map(({ name }) => name.text)))
    } else if (!exported || declared(statement).some((name) => exported.has(name))) {
      addMembers(statement, names)
    }
  }
}

function declared(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const named = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
  return named ? [statement.name.text] : []
}

/** Names of the members inside: of interfaces, types, classes and object literals. */
function addMembers(node: ts.Node, names: Set<string>): void {
  const isMember = ts.isTypeElement(node) || ts.isClassElement(node) || ts.isObjectLiteralElementLike(node)
  const { name } = isMember ? node : {}
  if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name))) names.add(name.text)
  ts.forEachChild(node, (child) => addMembers(child, names))
}

const parse = (path: string) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
