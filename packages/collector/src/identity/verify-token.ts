// A user's token becomes a user id here, or a refusal. Nothing is believed that was not signed.
import { decodeProtectedHeader, jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose'
import { Refusal } from '../errors'
import type { Caller } from './authorize'

const MAX_TOKEN_LENGTH = 8_192
/** PostgreSQL stores it with every event. */
const MAX_USER_ID_LENGTH = 256
const CLOCK_TOLERANCE_SECONDS = 30
const MAX_LIFE_SECONDS = 86_400

export interface TokenRules {
  /** HMAC secret of at least 32 bytes, for HS256. */
  secret: string | undefined
  /** Public keys of an identity provider, and the one algorithm they sign with. */
  keySet: { find: JWTVerifyGetKey; algorithm: string } | undefined
  /** Required in tokens when set. */
  issuer: string | undefined
  audience: string | undefined
}

/** Whether a token has the three parts of a JWT (RFC 7519). */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
}

/**
 * Checks tokens by RFC 8725: one algorithm per kind of key, `exp` and `sub` required, at most 24 hours to live.
 * The returned function rejects with a {@link Refusal}: 401, or 503 when the keys cannot be asked for. A bad token never
 * becomes an anonymous visitor.
 */
export function createTokenVerifier({ secret, keySet, issuer, audience }: TokenRules, now: () => number) {
  const hmacKey = secret === undefined ? undefined : new TextEncoder().encode(secret)

  function verify(token: string, options: JWTVerifyOptions) {
    // The header only chooses between the two; each of them pins its algorithm, so no key is used with another one's.
    const isHmac = hmacKey !== undefined && (keySet === undefined || decodeProtectedHeader(token).alg === 'HS256')
    if (isHmac) return jwtVerify(token, hmacKey, { ...options, algorithms: ['HS256'] })
    if (keySet) return jwtVerify(token, keySet.find, { ...options, algorithms: [keySet.algorithm] })
    throw new Refusal('token_unexpected')
  }

  return async function verifyToken(token: string): Promise<Extract<Caller, { kind: 'user' }>> {
    if (hmacKey === undefined && keySet === undefined) throw new Refusal('token_unexpected')
    if (token.length > MAX_TOKEN_LENGTH) throw new Refusal('token_invalid')
    const nowMs = now()
    const nowSeconds = Math.floor(nowMs / 1_000)
    const {
      sub,
      exp = 0,
      iat = nowSeconds,
      role,
    } = await claimsOf(() =>
      verify(token, {
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(nowMs),
        ...(issuer !== undefined && { issuer }),
        ...(audience !== undefined && { audience }),
      }),
    )
    const userIdIsUsable =
      typeof sub === 'string' && sub !== '' && sub.length <= MAX_USER_ID_LENGTH && !sub.includes('\0')
    // A token that says it is issued next year would otherwise live until then.
    const issuedAt = Math.min(iat, nowSeconds + CLOCK_TOLERANCE_SECONDS)
    if (!userIdIsUsable || exp - issuedAt > MAX_LIFE_SECONDS) throw new Refusal('token_invalid')
    return { kind: 'user', userId: sub, moderator: role === 'moderator' }
  }
}

async function claimsOf(verify: () => ReturnType<typeof jwtVerify>) {
  try {
    return (await verify()).payload
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('token_invalid')
  }
}
