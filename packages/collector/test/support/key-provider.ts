// An identity provider of the tests: publishes keys, changes them, and misbehaves on request.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'

export interface KeyProvider {
  url: string
  /** Requests for the keys so far. */
  asked: () => number
  /** Begins to sign with a new key; the old ones stay published unless they are replaced. */
  rotate: (replace?: boolean) => Promise<void>
  /** What the next requests get instead of the keys. */
  behave: (how: 'well' | 'hangs' | 'fails' | 'redirects' | 'floods') => void
  sign: (claims?: Record<string, unknown>, header?: Record<string, unknown>) => Promise<string>
  close: () => Promise<void>
}

export async function openKeyProvider(algorithm = 'ES256'): Promise<KeyProvider> {
  const published: { key: CryptoKey; jwk: Record<string, unknown> }[] = []
  let asked = 0
  let how = 'well'

  async function rotate(replace = false): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm)
    const jwk = { ...(await exportJWK(publicKey)), kid: `key-${published.length}-${Math.random()}`, alg: algorithm }
    if (replace) published.length = 0
    published.push({ key: privateKey, jwk })
  }
  await rotate()

  const server = createServer((_request, response) => {
    asked++
    if (how === 'hangs') return
    if (how === 'fails') return void response.writeHead(500).end('no')
    if (how === 'redirects') return void response.writeHead(302, { location: '/elsewhere' }).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    const keys = published.map(({ jwk }) => jwk)
    response.end(JSON.stringify({ keys, ...(how === 'floods' && { rest: 'x'.repeat(5_000_000) }) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()

  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/keys`,
    asked: () => asked,
    rotate,
    behave(next) {
      how = next
    },
    async sign(claims = {}, header = {}) {
      const { key, jwk } = published.at(-1) ?? { key: undefined, jwk: {} }
      if (!key) throw new Error('expected a key')
      const now = Math.floor(Date.now() / 1_000)
      const all = { sub: 'ada', iss: 'https://login.example', aud: 'sightline', iat: now, exp: now + 600, ...claims }
      return new SignJWT(all).setProtectedHeader({ alg: algorithm, kid: String(jwk['kid']), ...header }).sign(key)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
