// Made-up people with their devices: some signed in and coming back, most anonymous and seen once.
import type { SeededRandom } from './seeded-random'

export interface SampleViewer {
  /** Signed in as; `null` for anonymous visitors. */
  userId: string | null
  userAgent: string
  /** ISO 3166-1 alpha-2, as the proxy in front of a site tells it; `null` where it does not know. */
  country: string | null
  /** From the networks reserved for documentation and benchmarks (RFC 5737, RFC 2544). */
  address: string
}

const SIGNED_IN_SHARE = 0.36
const USERS = 160

const countries = [
  ['DE', 27],
  ['US', 19],
  ['GB', 9],
  ['FR', 8],
  ['AT', 6],
  ['NL', 5],
  ['CH', 5],
  ['IN', 5],
  ['BR', 4],
  ['ES', 3],
  ['PL', 3],
  ['JP', 2],
  ['KE', 1],
  [null, 3],
] as const

const userAgents = [
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
    30,
  ],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/137.0.0.0 Mobile Safari/537.36', 25],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/137.0.0.0 Safari/537.36', 22],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15', 12],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0', 6],
  ['Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1', 5],
] as const

/** Networks that {@link SampleViewer.address} is in. */
export const sampleNetworks = ['198.18.0.0/15'] as const

export function drawViewer(random: SeededRandom): SampleViewer {
  const signedIn = random.chance(SIGNED_IN_SHARE)
  return {
    // Squared, so that a few users come back far more often than the rest.
    userId: signedIn ? `user-${Math.floor(USERS * random.next() ** 2) + 1}` : null,
    userAgent: random.pick(userAgents),
    country: random.pick(countries),
    address: `198.${random.between(18, 19)}.${random.between(0, 255)}.${random.between(1, 254)}`,
  }
}
