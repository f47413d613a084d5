// A client's address shrinks here to the network that one household or company shares; the address itself goes no further.
import { BlockList, isIPv4 } from 'node:net'

const GROUPS_OF_IPV6 = 8
/** The first 64 bits of IPv6 are one network (RFC 4291, section 2.5.1); the rest changes from day to day (RFC 8981). */
const GROUPS_OF_NETWORK = 4

const unmapped = (address: string) => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address

/** IPv4 as it is (/32), also when it is mapped into IPv6; the /64 network of IPv6. */
export function clientNetwork(address: string): string {
  const plain = unmapped(address)
  if (isIPv4(plain)) return plain
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

/** The networks that the setting of trusted proxies may name by a word. */
const namedNetworks: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Whether an address belongs to one of these networks: addresses, networks such as `10.0.0.0/8`, or their names. */
export function createNetworkCheck(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks.flatMap((name) => namedNetworks[name] ?? [name])) {
    const [address = '', prefix] = network.split('/')
    const [family, bits] = isIPv4(address) ? (['ipv4', 32] as const) : (['ipv6', 128] as const)
    list.addSubnet(address, prefix === undefined ? bits : Number(prefix), family)
  }
  return (address) => {
    const plain = unmapped(address.split('%')[0] ?? '')
    return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
}
