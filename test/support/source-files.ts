// The sources of a package as the tests of the house read them: files, their imports, their syntax trees.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface SourceFile {
  /** Path from the package's `src`: `observe/viewport.ts`. */
  name: string
  tree: ts.SourceFile
  /** Names of the files of the same package that it imports, `import type` included. */
  imports: string[]
  /** Specifiers that lead out of the package. */
  packages: string[]
}

export function readSources(packageName: string): SourceFile[] {
  const source = join(root, 'packages', packageName, 'src')
  return listFiles(source).map((path) => {
    const tree = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    const specifiers = importSpecifiers(tree)
    const own = specifiers.filter((specifier) => specifier.startsWith('.'))
    return {
      name: relative(source, path),
      tree,
      imports: own.map((specifier) => relative(source, resolveImport(path, specifier))),
      packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
    }
  })
}

function listFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry)
    if (statSync(path).isDirectory()) return listFiles(path)
    return /\.tsx?$/.test(entry) && !entry.endsWith('.d.ts') ? [path] : []
  })
}

function resolveImport(from: string, specifier: string): string {
  const base = resolve(dirname(from), specifier)
  const found = [base, `${base}.ts`, `${base}.tsx`, join(base, 'index.ts')].find(
    (path) => existsSync(path) && statSync(path).isFile(),
  )
  if (!found) throw new Error(`${from} imports ${specifier}, which leads to no file.`)
  return found
}

function importSpecifiers(tree: ts.SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      found.push((node.moduleSpecifier as ts.StringLiteral).text)
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments
      if (specifier && ts.isStringLiteral(specifier)) found.push(specifier.text)
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push(node.argument.literal.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

/** Every ring of imports, each as the list of its files; empty when the graph goes down. */
export function findCircles(files: SourceFile[]): string[][] {
  const graph = new Map(files.map((file) => [file.name, file.imports]))
  const circles: string[][] = []
  const done = new Set<string>()
  const walk = (name: string, path: string[]) => {
    if (path.includes(name)) {
      circles.push([...path.slice(path.indexOf(name)), name])
      return
    }
    if (done.has(name)) return
    for (const next of graph.get(name) ?? []) walk(next, [...path, name])
    done.add(name)
  }
  for (const name of graph.keys()) walk(name, [])
  return circles
}

/** Uses of the given global names as values, and whether each stands inside a function. */
export function findGlobals(file: SourceFile, names: ReadonlySet<string>) {
  const found: { name: string; line: number; insideFunction: boolean }[] = []
  const visit = (node: ts.Node, insideFunction: boolean) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return
    if (ts.isIdentifier(node) && names.has(node.text) && isFreeName(node)) {
      const line = file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
      found.push({ name: node.text, line, insideFunction })
    }
    const inside = insideFunction || ts.isFunctionLike(node)
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(file.tree, false)
  return found.filter(({ name }) => !declares(file.tree, name))
}

function isFreeName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false
  if ((ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) && parent.initializer !== node) return false
  if (ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) return false
  return !ts.isShorthandPropertyAssignment(parent)
}

function declares(tree: ts.SourceFile, name: string): boolean {
  let declared = false
  const visit = (node: ts.Node) => {
    const isDeclaration =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isBindingElement(node)
    if (isDeclaration && node.name && ts.isIdentifier(node.name) && node.name.text === name) declared = true
    if (!declared) ts.forEachChild(node, visit)
  }
  visit(tree)
  return declared
}
