// What is generated in a document stands between two comments, and a test holds it to the code.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source-files'

/**
 * The part of a document between `<!-- name:begin -->` and `<!-- name:end -->`, and what it should be.
 * `UPDATE_DOCS=1` writes it there.
 */
export function readPart(path: string, name: string, lines: string[]) {
  const text = readFileSync(join(root, path), 'utf8')
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`]
  const from = text.indexOf(begin) + begin.length
  const to = text.indexOf(end)
  if (to < from) throw new Error(`${path} has no part between ${begin.trim()} and ${end}.`)
  const wanted = `\n${lines.join('\n')}\n\n`
  if (process.env.UPDATE_DOCS) writeFileSync(join(root, path), text.slice(0, from) + wanted + text.slice(to))
  return { found: process.env.UPDATE_DOCS ? wanted : text.slice(from, to), wanted }
}
