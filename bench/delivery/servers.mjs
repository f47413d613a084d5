// Who listens: the site that people visit, the real collector for Sightline, a sink for each of the others.
import { createServer } from 'node:http'
import { bundleCollector } from '../ingest/bundle.mjs'
import { sdks } from './sdks.mjs'

/** A page for each SDK at `/<key>`, and one without any at `/elsewhere`; `headers` go with each of them. */
export async function openSite(scripts, headers = {}) {
  return listen((request, response) => {
    response.setHeaders(new Map(Object.entries(headers)))
    const { pathname } = new URL(request.url, 'http://site')
    const [, key, isScript] = /^\/([\w-]+)(\.js)?$/.exec(pathname) ?? []
    if (isScript && scripts[key]) return reply(response, 'text/javascript', scripts[key])
    if (scripts[key])
      return reply(response, 'text/html', `<!doctype html><title>${key}</title><script src="/${key}.js"></script>`)
    if (key === 'elsewhere') return reply(response, 'text/html', '<!doctype html><title>Elsewhere</title>')
    response.writeHead(404).end()
  })
}

/** The collector from its sources with its default settings (but for the rate of this one machine), on a database in memory. */
export async function openCollector() {
  const bundle = await bundleCollector()
  const { buildCollector, migrate, openDatabase } = await import(bundle.file)
  const db = await openDatabase({ memory: true })
  await migrate(db)
  const app = await buildCollector({ db, config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    origin,
    /** Our ids of all rows whose events came from `source`: as often as they were stored. */
    async storedIds(source) {
      const rows = await db.kysely.selectFrom('events').select('metadata').where('source', '=', source).execute()
      return rows.map(({ metadata }) => (typeof metadata === 'string' ? JSON.parse(metadata) : metadata).id)
    },
    async close() {
      await app.close()
      await db.close()
      await bundle.remove()
    },
  }
}

/** Answers everything as the SDK expects it from a healthy server. What it got, the proxy before it knows. */
export async function openSink(key) {
  return listen((request, response) => {
    request.resume()
    request.on('end', () => {
      response.setHeader('access-control-allow-origin', request.headers.origin ?? '*')
      response.setHeader('access-control-allow-credentials', 'true')
      response.setHeader('access-control-expose-headers', 'retry-after')
      if (request.method === 'OPTIONS') {
        response.setHeader('access-control-allow-methods', 'GET, POST')
        response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '')
        response.setHeader('access-control-max-age', '7200')
        return response.writeHead(204).end()
      }
      reply(response, 'application/json', sdks[key].answer)
    })
  })
}

function reply(response, type, body) {
  response
    .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) })
    .end(body)
}

async function listen(handle) {
  const server = createServer(handle)
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
