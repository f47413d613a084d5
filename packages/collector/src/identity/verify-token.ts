// A user's token becomes a user id here, or a refusal. Nothing is believed that was not signed.
import { jwtVerify } from 'jose'
import { Refusal } from '../errors'
import type { Caller } from './authorize'

const MAX_TOKEN_LENGTH = 8_192
/** PostgreSQL stores it with every event. */
const MAX_USER_ID_LENGTH = 256
const CLOCK_TOLERANCE_SECONDS = 30
const MAX_LIFE_SECONDS = 86_400

export interface TokenRules {
  /** HMAC secret of at least 32 bytes. Without it no token can be checked, and every token is refused. */
  secret: string | undefined
  issuer: string | undefined
  audience: string | undefined
}

/** Whether a token has the three parts of a JWT (RFC 7519). */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
}

/**
 * Checks HS256 tokens (RFC 8725): algorithm pinned, `exp` and `sub` required, at most 24 hours between issue and expiry.
 * The returned function rejects with a {@link Refusal} of status 401; a bad token never becomes an anonymous visitor.
 */
export function createTokenVerifier({ secret, issuer, audience }: TokenRules, now: () => number) {
  const key = secret === undefined ? undefined : new TextEncoder().encode(secret)

  return async function verifyToken(token: string): Promise<Extract<Caller, { kind: 'user' }>> {
    if (key === undefined) throw new Refusal('token_unexpected')
    if (token.length > MAX_TOKEN_LENGTH) throw new Refusal('token_invalid')
    const nowMs = now()
    const claims = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    }).then(
      ({ payload }) => payload,
      () => {
        throw new Refusal('token_invalid')
      },
    )
    const { sub, exp = 0, iat = Math.floor(nowMs / 1000), role } = claims
    const userIdIsUsable =
      typeof sub === 'string' && sub !== '' && sub.length <= MAX_USER_ID_LENGTH && !sub.includes('\0')
    if (!userIdIsUsable || exp - iat > MAX_LIFE_SECONDS) throw new Refusal('token_invalid')
    return { kind: 'user', userId: sub, moderator: role === 'moderator' }
  }
}
