// The Authorization header, or the token inside a batch, becomes a caller; in front of statistics also the reader of a share link.
import { Refusal } from '../errors'
import type { Caller, Reader } from './authorize'
import { clientNetwork } from './client-address'
import { looksLikeShareToken, SHARE_REFUSAL, type OpenShare } from './share-token'
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

/** Also knows who came with a share link, which only pages that may be shared ask for. */
export type IdentifyReader = (credentials: Omit<Credentials, 'bodyToken'>) => Promise<Reader>

export interface IdentifyDeps {
  isAdminToken: (token: string, network: string) => Promise<boolean>
  verifyToken: (token: string) => Promise<Caller>
  /** Rejects when the link is shut. */
  openShare: (token: string, network: string) => Promise<OpenShare>
}

/** No token is anonymous; a token that is not valid is refused and never treated as anonymous. */
export function createIdentify({ isAdminToken, verifyToken, openShare }: IdentifyDeps): {
  identify: Identify
  identifyReader: IdentifyReader
} {
  async function identify({ authorization, bodyToken, address }: Credentials): Promise<Caller> {
    const token = authorization === undefined ? bodyToken : bearerToken(authorization)
    if (token === undefined || token === '') return { kind: 'anonymous' }
    if (looksLikeShareToken(token)) {
      await openShare(token, clientNetwork(address))
      throw new Refusal('not_allowed', SHARE_REFUSAL)
    }
    if (looksLikeJwt(token)) return verifyToken(token)
    // An admin token belongs to servers; inside a body it could only be a leak.
    if (authorization !== undefined && (await isAdminToken(token, clientNetwork(address)))) return { kind: 'admin' }
    throw new Refusal('token_invalid')
  }

  return {
    identify,
    async identifyReader(credentials) {
      const { authorization, address } = credentials
      const token = authorization === undefined ? '' : bearerToken(authorization)
      if (!looksLikeShareToken(token)) return identify(credentials)
      return { kind: 'share', share: await openShare(token, clientNetwork(address)) }
    },
  }
}

function bearerToken(authorization: string): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (token === undefined) throw new Refusal('token_invalid', 'Expected the header "Authorization: Bearer <token>".')
  return token
}
