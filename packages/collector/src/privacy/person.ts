// Whom a request is about: the signed-in user, the holder of an anonymous id, or both, and never anybody else.
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../errors'
import { keyOfAnonymous, keyOfUser } from '../identity/viewer-key'

/** A person as the tables know one. */
export interface Person {
  userId: string | undefined
  /** One key of the user, one of the anonymous id, or both. */
  viewerKeys: readonly string[]
}

interface Caller {
  readonly kind: 'anonymous' | 'admin' | 'user'
  readonly userId?: string
}

/** Carries the SDK's anonymous id: a header, because addresses end up in logs. */
export const ANONYMOUS_ID_HEADER = 'sightline-anonymous-id'
const MAX_ANONYMOUS_ID_LENGTH = 256

const HOW = `Send a user's token as "Authorization: Bearer <token>", or the anonymous id as "Sightline-Anonymous-Id: <id>".`

export const personOfUser = (userId: string): Person => ({ userId, viewerKeys: [keyOfUser(userId)] })
export const personOfAnonymous = (anonymousId: string): Person => ({
  userId: undefined,
  viewerKeys: [keyOfAnonymous(anonymousId)],
})

/** Tells whom a request is about. Whoever knows the anonymous id holds it: it never leaves the visitor's browser and us. */
export function createPersonOf(
  identify: (credentials: { authorization: string | undefined; address: string }) => Promise<Caller>,
) {
  return async function personOf(request: FastifyRequest): Promise<Person> {
    const caller = await identify({ authorization: request.headers.authorization, address: request.ip })
    if (caller.kind === 'admin') {
      throw new Refusal('not_allowed', 'An admin token names nobody. Ask for a person at /v1/users/:id instead.')
    }
    const header = request.headers[ANONYMOUS_ID_HEADER]
    const anonymousId = typeof header === 'string' ? header.trim() : ''
    if (anonymousId.length > MAX_ANONYMOUS_ID_LENGTH)
      throw new Refusal('token_invalid', `Expected a shorter id. ${HOW}`)
    const viewerKeys = [
      ...(caller.userId === undefined ? [] : [keyOfUser(caller.userId)]),
      ...(anonymousId === '' ? [] : [keyOfAnonymous(anonymousId)]),
    ]
    if (viewerKeys.length === 0) throw new Refusal('token_missing', `Expected to know whom this is about. ${HOW}`)
    return { userId: caller.userId, viewerKeys }
  }
}
