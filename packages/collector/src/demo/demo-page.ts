// Serves the feed that people scroll through, from the same origin as the script that counts it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const headers = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-cache',
}

/** Floors above this file at most: none in the bundle, two in the sources, three in the bundle that the tests make. */
const FLOORS = 3

function findDemoPage(): URL {
  const places = Array.from(
    { length: FLOORS + 1 },
    (_, up) => new URL(`./${'../'.repeat(up)}demo-page/`, import.meta.url),
  )
  const found = places.find((place) => existsSync(new URL('index.html', place)))
  if (found === undefined)
    throw new Error('The files of the demo page were not built. Run the build of this project first.')
  return found
}

/** Serves the demo feed at `/demo/`. */
export function registerDemoPage(app: FastifyInstance): void {
  const directory = findDemoPage()
  app.get('/demo', (_request, reply) => reply.redirect('/demo/'))
  for (const name of readdirSync(directory)) {
    const type = mediaTypes[extname(name)]
    if (type === undefined) continue
    const body = readFileSync(new URL(name, directory))
    const path = name === 'index.html' ? '/demo/' : `/demo/${name}`
    app.get(path, (_request, reply) => reply.headers(headers).type(type).send(body))
  }
}
