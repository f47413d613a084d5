// Who may ask: guards that routes put in front of their handlers. Deny unless something here says yes.
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../errors'
import { SHARE_REFUSAL, type OpenShare } from './share-token'

/** Who sent a request. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'user'; readonly userId: string; readonly moderator: boolean }

/** Who reads statistics: a caller, or whoever has a share link. */
export type Reader = Caller | { readonly kind: 'share'; readonly share: OpenShare }

/** Runs before a handler; resolves to let the request in, rejects with a {@link Refusal} to keep it out. */
export type Guard = (request: FastifyRequest) => Promise<void>

export interface Guards {
  /** Admin token. */
  requireAdmin: Guard
  /** Admin token, or a user whose token has `role: moderator`; on the routes of the overview also a link to it. */
  requireModerator: Guard
  /** The same, or the owner of the content named by the parameters `type` and `id`, or a link to its page. */
  requireOwnerOrModerator: Guard
  /** A signed-in user, whose id it resolves to. Admin tokens name nobody. */
  requireUser: (request: FastifyRequest) => Promise<string>
}

/** What a link to the overview opens, as the router writes it. A route that is not here is shut, whatever its guard. */
const OVERVIEW_ROUTES = new Set([
  '/v1/stats/site',
  '/v1/stats/series',
  '/v1/stats/breakdown/:dimension',
  '/v1/stats/top',
])

/** What a link to a content opens, for that content. */
const CONTENT_ROUTES = new Set(['stats', 'distributions', 'positions'].map((each) => `/v1/content/:type/:id/${each}`))

function opens({ content }: OpenShare, { method, routeOptions, params }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const route = routeOptions.url ?? ''
  if (content === null) return OVERVIEW_ROUTES.has(route)
  const { type, id } = params as { type?: string; id?: string }
  return CONTENT_ROUTES.has(route) && type === content.type && id === content.id
}

interface HeaderCredentials {
  authorization: string | undefined
  address: string
}

export interface GuardsDeps {
  identify: (credentials: HeaderCredentials) => Promise<Caller>
  /** The same, and who came with a share link. */
  identifyReader: (credentials: HeaderCredentials) => Promise<Reader>
  /** Who owns a content; `null` if nobody known does. */
  ownerOf: (type: string, id: string) => Promise<string | null>
}

const credentialsOf = ({ headers, ip }: FastifyRequest): HeaderCredentials => ({
  authorization: headers.authorization,
  address: ip,
})

function assertKnown<Someone extends Reader>(someone: Someone): Exclude<Someone, { kind: 'anonymous' }> {
  if (someone.kind === 'anonymous') throw new Refusal('token_missing')
  return someone as Exclude<Someone, { kind: 'anonymous' }>
}

export function createGuards({ identify, identifyReader, ownerOf }: GuardsDeps): Guards {
  const knownCaller = async (request: FastifyRequest) => assertKnown(await identify(credentialsOf(request)))

  /** Whoever has a share link is a reader only where the link leads. */
  async function knownReader(request: FastifyRequest) {
    const reader = assertKnown(await identifyReader(credentialsOf(request)))
    if (reader.kind === 'share' && !opens(reader.share, request)) throw new Refusal('not_allowed', SHARE_REFUSAL)
    return reader
  }

  return {
    async requireUser(request) {
      const caller = await knownCaller(request)
      if (caller.kind !== 'user') throw new Refusal('not_allowed', 'Expected the token of a user, got an admin token.')
      return caller.userId
    },
    async requireAdmin(request) {
      const caller = await knownCaller(request)
      if (caller.kind !== 'admin') throw new Refusal('not_allowed')
    },
    async requireModerator(request) {
      const reader = await knownReader(request)
      if (reader.kind === 'user' && !reader.moderator) throw new Refusal('not_allowed')
    },
    async requireOwnerOrModerator(request) {
      const reader = await knownReader(request)
      if (reader.kind !== 'user' || reader.moderator) return
      const { type, id } = request.params as { type?: string; id?: string }
      if (type === undefined || id === undefined) throw new Refusal('not_allowed')
      if ((await ownerOf(type, id)) !== reader.userId) throw new Refusal('not_allowed')
    },
  }
}
