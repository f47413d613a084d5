// After the build: every link of the site leads to a page and a heading that are there, and no page loads anything from elsewhere.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('dist', import.meta.url))
const base = process.env.SITE_BASE ?? '/'
const files = readdirSync(dist, { recursive: true }).filter((name) => statSync(join(dist, name)).isFile())
const pages = files.filter((name) => name.endsWith('.html'))
const html = new Map(pages.map((name) => [name, readFileSync(join(dist, name), 'utf8')]))
const idsOf = new Map(
  [...html].map(([name, text]) => [name, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
)
const problems = []

const decode = (text) => decodeURIComponent(text.replaceAll('&amp;', '&'))

function pageOf(from, path) {
  if (path === '') return from
  const place = path.startsWith('/') ? path.slice(base.length) : relative(dist, join(dist, from, '..', path))
  return [place, `${place}.html`, join(place, 'index.html')].find((name) => files.includes(name))
}

for (const [name, text] of html) {
  if (name === '404.html') continue
  for (const [, href] of text.matchAll(/<a [^>]*href="([^"]+)"/g)) {
    if (/^([a-z]+:|\/\/)/i.test(href)) continue
    const [path, anchor] = decode(href).split('#')
    const page = pageOf(name, path)
    if (page === undefined) problems.push(`${name}: nothing is at ${href}`)
    else if (anchor && idsOf.has(page) && !idsOf.get(page).has(anchor)) problems.push(`${name}: no heading at ${href}`)
  }
  for (const [tag] of text.matchAll(
    /<(?:script|img|iframe|source|video)\b[^>]*\ssrc="(?:https?:)?\/\/[^>]*>|<link\b[^>]*\shref="(?:https?:)?\/\/[^>]*>/g,
  )) {
    problems.push(`${name}: asks another origin for ${tag}`)
  }
}
for (const name of files.filter((each) => each.endsWith('.css'))) {
  const [address] = /(?:url\(|@import )["']?(?:https?:)?\/\/[^)"']+/.exec(readFileSync(join(dist, name), 'utf8')) ?? []
  if (address) problems.push(`${name}: asks another origin for ${address}`)
}
if (pages.length < 20 || !existsSync(join(dist, 'index.html'))) problems.push(`only ${pages.length} pages were built`)

const bytes = files.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0)
console.log(`${pages.length} pages, ${files.length} files, ${(bytes / 1_048_576).toFixed(1)} MiB`)
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)
