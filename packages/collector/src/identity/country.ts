// A client's network becomes the two letters of a country, from the proxy in front or a local file, and nothing finer.
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { Reader, type CountryResponse } from 'mmdb-lib'
import { clientNetwork, createNetworkCheck } from './client-address'

export interface CountrySources {
  /** Header in which a trusted proxy tells the country, in lower case. */
  header: string | undefined
  /** Country or city database in MaxMind's format. */
  file: string | undefined
  trustProxy: readonly string[]
}

export interface CountryQuestion {
  /** IP address of the client. */
  address: string
  /** Address at the other end of the connection. */
  peerAddress: string | undefined
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What proxies send for "unknown" (XX) and for Tor (T1) names no country. */
const COUNTRY = /^(?!XX$)[A-Z]{2}$/

/**
 * ISO 3166-1 alpha-2, or nothing.
 * @throws Error when the file cannot be read as a database.
 */
export function createCountryOf({ header, file, trustProxy }: CountrySources) {
  const isProxy = createNetworkCheck(trustProxy)
  const reader = file === undefined ? undefined : new Reader<CountryResponse>(readFileSync(file))

  return function countryOf({ address, peerAddress, headers }: CountryQuestion): string | undefined {
    // Anybody can send the header; only a proxy that is trusted replaces what the client put there.
    if (header !== undefined && peerAddress !== undefined && isProxy(peerAddress)) {
      const told = headers[header]
      const country = typeof told === 'string' ? told.toUpperCase() : ''
      if (COUNTRY.test(country)) return country
    }
    if (reader === undefined) return undefined
    // A database of another kind has other records, whatever the type says.
    const code: unknown = reader.get(coarse(address))?.country?.iso_code
    return typeof code === 'string' && COUNTRY.test(code) ? code : undefined
  }
}

// A country needs no more of an address than its first 24 or 48 bits.
function coarse(address: string): string {
  const network = clientNetwork(address)
  if (isIPv4(network)) return network.replace(/\d+$/, '0')
  return `${network.split(':').slice(0, 3).join(':')}::`
}
