// A client's address shrinks here to the network that one household or company shares; the address itself goes no further.
import { isIPv4 } from 'node:net'

const GROUPS_OF_IPV6 = 8
/** The first 64 bits of IPv6 are one network (RFC 4291, section 2.5.1); the rest changes from day to day (RFC 8981). */
const GROUPS_OF_NETWORK = 4

/** IPv4 as it is (/32), also when it is mapped into IPv6; the /64 network of IPv6. */
export function clientNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIPv4(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : GROUPS_OF_IPV6 - first.length - last.length
  const groups = [...first, ...Array<string>(Math.max(0, zeros)).fill('0'), ...last]
  return groups
    .slice(0, GROUPS_OF_NETWORK)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
