// The files that browsers load: the script for other sites, and the dashboard. Read once at start, served from memory.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from './errors'

const SCRIPT_FILE = 'sightline.js'
const DASHBOARD_DIR = 'dashboard'

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

/** Nothing but our own files runs, and no other site may show the dashboard in a frame. */
const dashboardHeaders = {
  'content-security-policy':
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** Where built files lie: beside the bundle, or in `dist` next to the sources. */
export function assetsDir(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return here.endsWith('src') ? join(here, '..', 'dist') : here
}

/** Serves the script at `/<scriptName>` to every site and the dashboard at `/`. */
export function registerAssets(app: FastifyInstance, scriptName: string, dir = assetsDir()): void {
  const script = readAsset(join(dir, SCRIPT_FILE))
  app.get(`/${scriptName}`, async (request, reply) => {
    reply.headers({ 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=3600' })
    if (!script)
      throw new Refusal('not_found', 'The browser script was not built. Run the build of this project first.')
    return sendAsset(request, reply.header('cross-origin-resource-policy', 'cross-origin'), script)
  })

  const dashboard = readAssets(join(dir, DASHBOARD_DIR))
  for (const [path, asset] of dashboard) {
    app.get(path, async (request, reply) => sendAsset(request, reply.headers(dashboardHeaders), asset))
  }
  if (!dashboard.has('/')) {
    app.get('/', async (_request, reply) =>
      reply
        .headers(dashboardHeaders)
        .type('text/plain; charset=utf-8')
        .send('The collector is running, but its dashboard was not built. Run the build of this project first.\n'),
    )
  }
}

interface Asset {
  body: Buffer
  etag: string
  type: string
}

function readAsset(path: string): Asset | undefined {
  if (!existsSync(path)) return undefined
  const body = readFileSync(path)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { body, etag, type: mediaTypes[extname(path)] ?? 'application/octet-stream' }
}

function readAssets(dir: string): Map<string, Asset> {
  const assets = new Map<string, Asset>()
  const files = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }) : []
  for (const file of files) {
    if (!(extname(file) in mediaTypes)) continue
    const asset = readAsset(join(dir, file))
    const path = `/${file.replaceAll('\\', '/')}`
    if (asset) assets.set(path === '/index.html' ? '/' : path, asset)
  }
  return assets
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, { body, etag, type }: Asset): FastifyReply {
  reply.headers({ etag, 'content-type': type })
  return request.headers['if-none-match'] === etag ? reply.status(304).send() : reply.send(body)
}
