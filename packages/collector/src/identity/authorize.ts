// Who may ask: guards that routes put in front of their handlers. Deny unless something here says yes.
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../errors'

/** Who sent a request. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'admin' }
  | { readonly kind: 'user'; readonly userId: string; readonly moderator: boolean }

/** Runs before a handler; resolves to let the request in, rejects with a {@link Refusal} to keep it out. */
export type Guard = (request: FastifyRequest) => Promise<void>

export interface Guards {
  /** Admin token. */
  requireAdmin: Guard
  /** Admin token, or a user whose token has `role: moderator`. */
  requireModerator: Guard
  /** The same, or the owner of the content named by the parameters `type` and `id`. */
  requireOwnerOrModerator: Guard
  /** A signed-in user, whose id it resolves to. Admin tokens name nobody. */
  requireUser: (request: FastifyRequest) => Promise<string>
}

/**
 * Guards over two questions: who is calling, and who owns a content (`null` if nobody known does).
 */
export function createGuards(
  identify: (credentials: { authorization: string | undefined; address: string }) => Promise<Caller>,
  ownerOf: (type: string, id: string) => Promise<string | null>,
): Guards {
  async function knownCaller(request: FastifyRequest) {
    const caller = await identify({ authorization: request.headers.authorization, address: request.ip })
    if (caller.kind === 'anonymous') throw new Refusal('token_missing')
    return caller
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
      const caller = await knownCaller(request)
      if (caller.kind === 'user' && !caller.moderator) throw new Refusal('not_allowed')
    },
    async requireOwnerOrModerator(request) {
      const caller = await knownCaller(request)
      if (caller.kind !== 'user' || caller.moderator) return
      const { type, id } = request.params as { type?: string; id?: string }
      if (type === undefined || id === undefined) throw new Refusal('not_allowed')
      if ((await ownerOf(type, id)) !== caller.userId) throw new Refusal('not_allowed')
    },
  }
}
