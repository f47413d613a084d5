// The Authorization header, or the token inside a batch, becomes a caller.
import { Refusal } from '../errors'
import type { Caller } from './authorize'
import { clientNetwork } from './client-address'
import { looksLikeJwt } from './verify-token'

export interface Credentials {
  /** The header of that name. */
  authorization: string | undefined
  /** Token of a page that closes, out of the batch. */
  bodyToken?: string | undefined
  /** IP address of the client. */
  address: string
}

export type Identify = (credentials: Credentials) => Promise<Caller>

export interface IdentifyDeps {
  isAdminToken: (token: string, network: string) => Promise<boolean>
  verifyToken: (token: string) => Promise<Caller>
}

/** No token is anonymous; a token that is not valid is refused and never treated as anonymous. */
export function createIdentify({ isAdminToken, verifyToken }: IdentifyDeps): Identify {
  return async function identify({ authorization, bodyToken, address }) {
    const token = authorization === undefined ? bodyToken : bearerToken(authorization)
    if (token === undefined || token === '') return { kind: 'anonymous' }
    if (looksLikeJwt(token)) return verifyToken(token)
    // An admin token belongs to servers; inside a body it could only be a leak.
    if (authorization !== undefined && (await isAdminToken(token, clientNetwork(address)))) return { kind: 'admin' }
    throw new Refusal('token_invalid')
  }
}

function bearerToken(authorization: string): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (token === undefined) throw new Refusal('token_invalid', 'Expected the header "Authorization: Bearer <token>".')
  return token
}
