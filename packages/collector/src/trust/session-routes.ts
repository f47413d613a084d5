// The dashboard's way in: says what a token opens, and keeps it in a cookie that no script can read, if the reader wants that.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SharedPage, Who } from './shapes'

const COOKIE = 'sightline_session'
/** A working day; then the token is asked for again. */
const KEPT_SECONDS = 12 * 3_600

/** Questions that the cookie answers for. Events are never taken on its account. */
const COOKIE_PATHS =
  /^\/v1\/(session|now|live|trending|shares(\/[^/]+)?|stats\/.*|trust(\/.*)?|content\/[^/]+\/[^/]+\/(stats|distributions|positions))$/
/** What a bearer token may be made of (RFC 6750, 2.1), and what a cookie may hold. */
const TOKEN = /^[\w.~+/=-]{1,4096}$/

type Reader =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'user'; readonly userId: string; readonly moderator: boolean }
  | { readonly kind: 'share'; readonly share: Omit<SharedPage, 'expiresAt'> & { readonly expiresAt: Date | null } }

type IdentifyReader = (credentials: { authorization: string | undefined; address: string }) => Promise<Reader>

/** Lets the cookie stand in for the header, on the dashboard's own questions and for its own pages only. */
export function acceptSessionCookie(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers.authorization === undefined && COOKIE_PATHS.test(pathOf(request)) && isOurPage(request)) {
      const token = cookieOf(request)
      if (token !== undefined) request.headers.authorization = `Bearer ${token}`
    }
    done()
  })
}

/** Adds `GET`, `POST` and `DELETE /v1/session`. */
export function registerSessionRoutes(
  scope: FastifyInstance,
  { identifyReader }: { identifyReader: IdentifyReader },
): void {
  const whoAsks = async (request: FastifyRequest): Promise<Reader> =>
    identifyReader({ authorization: request.headers.authorization, address: request.ip })

  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'private, no-store')
  })

  scope.get('/v1/session', async (request, reply): Promise<Who> => {
    const kept = cookieOf(request)
    const isKept = kept !== undefined && request.headers.authorization === `Bearer ${kept}`
    try {
      return tell(await whoAsks(request), isKept)
    } catch (error) {
      // A cookie whose token is not valid any more would be refused for ever.
      if (isKept) forget(request, reply)
      throw error
    }
  })

  scope.post('/v1/session', async (request, reply): Promise<Who> => {
    const reader = await whoAsks(request)
    const token = request.headers.authorization?.replace(/^Bearer +/i, '').trim() ?? ''
    // A share link is kept by its address; in the cookie it would take the place of who is signed in here.
    const mayKeep = reader.kind === 'admin' || reader.kind === 'user'
    const isKept = mayKeep && TOKEN.test(token) && isOurPage(request)
    if (isKept) reply.header('set-cookie', cookie(request, token, KEPT_SECONDS))
    return tell(reader, isKept)
  })

  scope.delete('/v1/session', async (request, reply) => {
    forget(request, reply)
    return reply.status(204).send()
  })
}

function tell(reader: Reader, isKept: boolean): Who {
  if (reader.kind === 'anonymous') return { role: 'none', userId: null, isKept: false }
  if (reader.kind === 'admin') return { role: 'admin', userId: null, isKept }
  if (reader.kind === 'user') return { role: reader.moderator ? 'moderator' : 'user', userId: reader.userId, isKept }
  const { name, content, expiresAt } = reader.share
  const share: SharedPage = { name, content, expiresAt: expiresAt?.toISOString() ?? null }
  return { role: 'share', userId: null, isKept: false, share }
}

function forget(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('set-cookie', cookie(request, '', 0))
}

function cookie({ protocol }: FastifyRequest, value: string, maxAgeSeconds: number): string {
  const secure = protocol === 'https' ? '; Secure' : ''
  return `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}

function cookieOf({ headers }: FastifyRequest): string | undefined {
  const value = headers.cookie
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1)
  return value !== undefined && TOKEN.test(value) ? value : undefined
}

/** Another site of the same domain gets a strict cookie along; the browser says where a request is from. */
function isOurPage({ headers, method }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && method === 'GET')
  // Older browsers and tools say it with the origin, which comes with all that changes something.
  const { origin, host } = headers
  return origin === undefined ? method === 'GET' : URL.canParse(origin) && new URL(origin).host === host
}

function pathOf({ url }: FastifyRequest): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
