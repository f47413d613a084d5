// The patient's other half: what a visitor's browser meets at the collector's public address.
import { fine, problem, type Finding } from './finding'

const ANSWER_TIMEOUT_MS = 5_000

export interface SiteToExamine {
  /** Address by which browsers reach the collector. */
  url: URL
  /** A site whose pages send events. */
  origin?: string | undefined
  /** Lets the collector say how it sees us. */
  adminToken?: string | undefined
  fetch: typeof globalThis.fetch
}

/** What the collector tells about a request of its own operator. */
export interface SeenClient {
  /** The address by which rates and viewers would be counted. */
  address: string
  /** The address that the connection came from. */
  peer: string
  /** The header as it came. */
  forwardedFor: string | null
}

export async function examineSite(site: SiteToExamine): Promise<Finding[]> {
  const reachable = await checkReady(site)
  if (reachable.found.startsWith('nobody answers')) return [reachable]
  return [reachable, checkHttps(site), await checkCors(site), await checkClient(site)]
}

function ask({ url, fetch }: SiteToExamine, path: string, init: RequestInit = {}): Promise<Response> {
  const base = url.href.replace(/\/+$/, '')
  return fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
}

async function checkReady(site: SiteToExamine): Promise<Finding> {
  try {
    const answer = await ask(site, '/readyz')
    const body = (await answer.json().catch(() => ({}))) as { ready?: boolean; reason?: string }
    if (body.ready === true) return fine('collector', `${site.url.href} is ready`)
    return problem(
      'collector',
      `${site.url.href} answers ${answer.status}: ${body.reason ?? 'that is not the collector'}`,
      body.reason === undefined
        ? 'Check the rules of the proxy in front: /v1/… and /readyz have to reach the collector.'
        : 'Do what the sentence says; the collector recovers by itself.',
    )
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
    return problem(
      'collector',
      `nobody answers at ${site.url.href} (${cause})`,
      'Start it with "sightline start", and check --url, the port, the firewall and the certificate.',
    )
  }
}

function checkHttps(site: SiteToExamine): Finding {
  const { protocol, hostname } = site.url
  if (protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) {
    return fine('https', protocol === 'https:' ? 'yes' : 'not needed on this machine')
  }
  return problem(
    'https',
    `${site.url.href} is plain http`,
    'Put it behind a proxy with a certificate: https pages may not send to http.',
  )
}

async function checkCors(site: SiteToExamine): Promise<Finding> {
  const { origin, url } = site
  if (origin === undefined) return fine('cross-origin', 'not checked; name a site with --origin https://example.com')
  if (origin === url.origin) return fine('cross-origin', `${origin} is the collector's own origin`)
  const preflight = await ask(site, '/v1/events', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  })
  const allowed = preflight.headers.get('access-control-allow-origin')
  if (!preflight.ok || (allowed !== '*' && allowed !== origin)) {
    return problem(
      'cross-origin',
      `pages of ${origin} may not send: the preflight gets ${preflight.status} and allows ${allowed ?? 'nobody'}`,
      `Add ${origin} to ALLOWED_ORIGINS, and let the proxy pass OPTIONS and the access-control headers untouched.`,
    )
  }
  if (allowed.includes(',')) {
    return problem(
      'cross-origin',
      `the header is there twice (${allowed})`,
      'Do not add CORS headers in the proxy; the collector does.',
    )
  }
  return fine('cross-origin', `pages of ${origin} may send`)
}

async function checkClient(site: SiteToExamine): Promise<Finding> {
  const check = 'client address'
  if (site.adminToken === undefined) {
    return fine(check, 'not checked; set ADMIN_TOKEN to see which address the collector would use')
  }
  const answer = await ask(site, '/v1/client-address', { headers: { authorization: `Bearer ${site.adminToken}` } })
  if (answer.status === 401 || answer.status === 403) {
    return problem(
      check,
      `the collector does not take this ADMIN_TOKEN (${answer.status})`,
      'Make one with "sightline token create --name doctor".',
    )
  }
  const { address, peer, forwardedFor } = (await answer.json()) as SeenClient
  if (forwardedFor === null) return fine(check, `${address}, with no proxy in front`)
  if (address === peer) {
    return problem(
      check,
      `${address}, which is the proxy: all visitors look like one (X-Forwarded-For: ${forwardedFor})`,
      `Set TRUST_PROXY=${peer} (or the network of your proxies), and restart the collector.`,
    )
  }
  return fine(check, `${address}, told by the proxy ${peer}`)
}
