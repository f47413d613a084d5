// Fastify as this product wants it: who waits how long, which headers every answer has, and what may be logged.
import Fastify, { LogController, type FastifyInstance, type FastifyReply } from 'fastify'
import { allowOtherSites, type CorsOptions } from './cors'
import { classifyError, errorCode } from './database/error-class'
import { Refusal, toRefusal } from './errors'
import { refuseUnreadable } from './refuse-unreadable'

export interface ServerOptions extends CorsOptions {
  logLevel: string
  trustProxy: readonly string[]
}

/** The three belong together: without the first and the last, Node does not keep the second. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const TIMEOUT_CHECK_INTERVAL_MS = 1_000
/** A content id of the greatest length, every character escaped. */
const MAX_PARAM_LENGTH = 8_192

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const tellsAll = ['debug', 'trace'].includes(options.logLevel)
  const app = Fastify({
    logger: loggerOptions(options.logLevel),
    // Its own lines would hold addresses and user agents; ours are below.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS },
    // A logger for each request is worth its time only where each request is told.
    childLoggerFactory: (logger, bindings, childOptions) => (tellsAll ? logger.child(bindings, childOptions) : logger),
    // Otherwise requests on open connections get a 503 without CORS headers while the server closes.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (_error, _request, reply) => void sendRefusal(reply, new Refusal('bad_request')),
  })

  await allowOtherSites(app, options)
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    done()
  })

  // Hooks with a callback: a promise a hook is a tenth of what a request of one event costs.
  app.addHook('onResponse', (request, reply, done) => {
    // 503 is what every request gets while the database is away; the committer says that once in a while.
    const level = reply.statusCode >= 500 && reply.statusCode !== 503 ? 'warn' : 'debug'
    if (level === 'warn' || tellsAll) {
      const route = request.routeOptions.url ?? 'none'
      request.log[level]({ route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'answered')
    }
    done()
  })

  app.setErrorHandler((error, request, reply) => {
    const refusal = classifyError(error) === 'connection' ? new Refusal('unavailable') : toRefusal(error)
    if (refusal.code === 'internal') logBug(app, error, request.routeOptions.url)
    return sendRefusal(reply, refusal)
  })

  app.setNotFoundHandler((_request, reply) => sendRefusal(reply, new Refusal('not_found')))
  return app
}

function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds)
  return reply.status(refusal.status).send(refusal.body())
}

/** Logs an error that nobody expected: kind, code and where it was thrown. Its message may quote what a visitor sent. */
export function logBug(app: FastifyInstance, error: unknown, place = 'background'): void {
  const { name, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const frames = stack.split('\n').filter((line) => line.trimStart().startsWith('at '))
  app.log.error({ place, name, code: errorCode(error), frames: frames.slice(0, 5) }, 'unexpected error')
}

// Fields by allow-list: no address, user agent, query, body or token is ever passed to the logger.
function loggerOptions(level: string) {
  return {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      req: ({ id }: { id: string }) => ({ reqId: id }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: (error: Error) => ({ type: error.name, message: error.name, stack: '', code: errorCode(error) }),
    },
  }
}
