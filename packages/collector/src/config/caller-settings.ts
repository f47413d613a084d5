// Whose requests are believed: origins, proxies, tokens, countries, and visitors who do not want to be known.
import { isIP } from 'node:net'
import { z } from 'zod'
import { longSecret } from './secret'
import { list, setting, text, toggle } from './setting'

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value)

const namedNetworks = new Set(['loopback', 'linklocal', 'uniquelocal'])
const network = z.string().refine((value) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  if (bits === 0) return namedNetworks.has(value)
  // A prefix of 0 would trust everyone, which is what this setting is there to prevent.
  return rest.length === 0 && (prefix === undefined || (/^\d+$/.test(prefix) && +prefix >= 1 && +prefix <= bits))
})

export const callerSettings = {
  allowedOrigins: setting(
    z.array(origin),
    [],
    {
      flag: '--allowed-origins',
      unit: 'origins, by comma',
      description: 'Sites whose pages may send events; others get 403. Empty allows every site.',
      expected: 'a list of origins such as https://example.com, without a path',
      example: 'https://example.com,https://www.example.com',
    },
    list,
  ),
  trustProxy: setting(
    z.array(network),
    [],
    {
      flag: '--trust-proxy',
      unit: 'networks, by comma',
      description: 'Proxies whose X-Forwarded-For is believed. Empty believes none.',
      expected: 'a list of addresses or networks (also loopback, linklocal, uniquelocal)',
      example: '127.0.0.1,10.0.0.0/8',
    },
    list,
  ),
  jwtSecret: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--jwt-secret',
      unit: 'text',
      description:
        'Secret of the HS256 tokens that name signed-in users. Without it and JWKS_URL, requests with a token get 401.',
      expected: 'a random secret of at least 32 bytes, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  jwksUrl: setting(
    z
      .string()
      .refine(
        (value) => URL.canParse(value) && /^(https:|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/)/.test(value),
      )
      .optional(),
    undefined,
    {
      flag: '--jwks-url',
      unit: 'URL',
      description:
        'Public keys (JWKS) of the identity provider whose tokens name signed-in users. Needs JWT_ISSUER and JWT_AUDIENCE.',
      expected: 'a URL that begins with https:// (http:// only on this machine)',
      example: 'https://login.example.com/.well-known/jwks.json',
    },
  ),
  jwtAlgorithm: setting(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA']), 'RS256', {
    flag: '--jwt-algorithm',
    unit: 'JWS algorithm',
    description: 'The one algorithm that tokens of JWKS_URL are signed with. Tokens of JWT_SECRET are always HS256.',
    expected: 'one of RS256, RS384, RS512, PS256, ES256, ES384, EdDSA',
    example: 'ES256',
  }),
  jwtIssuer: setting(z.string().min(1).optional(), undefined, {
    flag: '--jwt-issuer',
    unit: 'text',
    description: 'Issuer (iss) that tokens must name.',
    expected: 'a text',
    example: 'https://example.com',
  }),
  jwtAudience: setting(z.string().min(1).optional(), undefined, {
    flag: '--jwt-audience',
    unit: 'text',
    description: 'Audience (aud) that tokens must name.',
    expected: 'a text',
    example: 'sightline',
  }),
  countryHeader: setting(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
      .transform((name) => name.toLowerCase())
      .optional(),
    undefined,
    {
      flag: '--country-header',
      unit: 'header',
      description:
        'Header in which a proxy of TRUST_PROXY tells the two letters of the country. Others are not believed.',
      expected: 'the name of a header',
      example: 'cf-ipcountry',
    },
  ),
  geoFile: setting(z.string().min(1).optional(), undefined, {
    flag: '--geo-file',
    unit: 'path',
    description: 'Country or city database in MaxMind format (.mmdb), read at the start. Only the country is stored.',
    expected: 'a path',
    example: './country.mmdb',
  }),
  respectGpc: toggle(true, {
    flag: '--respect-gpc',
    description: 'Browsers that send Sec-GPC: 1 are counted without viewer, user and session.',
  }),
  respectDnt: toggle(false, { flag: '--respect-dnt', description: 'The same for DNT: 1.' }),
} as const
