// GET /openapi.json and GET /docs: the description of this collector, made from the routes that it has, when first asked for.
import type { FastifyInstance } from 'fastify'
import { docsStyle, renderDocs } from './docs-page'
import { describeApi, type ApiDescription } from './openapi'
import { shareResponses, type SharedDescription } from './share-responses'

/** Nothing but the page itself and its style; no scripts at all. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/**
 * Call it before any route is added: a route that is there earlier is not described.
 * @param version of the collector
 */
export function registerDescription(app: FastifyInstance, version: string): void {
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push(`${each} ${url}`)
  })

  let api: ApiDescription | undefined
  const describe = () => (api ??= describeApi(routes, version))
  let document: SharedDescription | undefined
  let page: string | undefined

  app.get('/openapi.json', async (_request, reply) =>
    // Tools on other sites may read it; it tells nothing that is secret.
    reply
      .headers({ 'access-control-allow-origin': '*', 'cache-control': 'no-cache' })
      .send((document ??= shareResponses(describe()))),
  )
  app.get('/docs', async (_request, reply) =>
    reply
      .headers(pageHeaders)
      .type('text/html; charset=utf-8')
      .send((page ??= renderDocs(describe()))),
  )
  app.get('/docs.css', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('text/css; charset=utf-8').send(docsStyle),
  )
}
