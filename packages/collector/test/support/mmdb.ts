// A country database of the tests, in MaxMind's format (MaxMind DB File Format Specification 2.0).
import { isIPv4 } from 'node:net'

/** Networks such as `203.0.113.0/24` or `2001:db8::/32` with the country of each. */
export function countryDatabase(countries: Record<string, string>): Buffer {
  const codes = [...new Set(Object.values(countries))]
  const records = codes.map((code) => map({ country: map({ iso_code: text(code) }) }))
  // Nodes hold the numbers of their two children; a leaf is the place of its record in `codes`, below zero.
  const nodes: [left: number | undefined, right: number | undefined][] = [[undefined, undefined]]
  for (const [network, code] of Object.entries(countries)) {
    const [address = '', prefix = ''] = network.split('/')
    // IPv4 lives in ::/96.
    const bits = isIPv4(address) ? '0'.repeat(96) + bitsOfIPv4(address) : bitsOfIPv6(address)
    const length = Number(prefix) + (isIPv4(address) ? 96 : 0)
    let at = 0
    for (let i = 0; i < length; i++) {
      const side = bits[i] === '1' ? 1 : 0
      const node = nodes[at]
      if (!node) throw new Error('expected a node')
      if (i === length - 1) node[side] = -1 - codes.indexOf(code)
      else {
        node[side] ??= nodes.push([undefined, undefined]) - 1
        at = node[side]
      }
    }
  }

  const places = records.map((_, i) => records.slice(0, i).reduce((sum, record) => sum + record.length, 0))
  const pointer = (child: number | undefined) => {
    if (child === undefined) return nodes.length
    return child >= 0 ? child : nodes.length + 16 + (places[-1 - child] ?? 0)
  }
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [i, [left, right]] of nodes.entries()) {
    tree.writeUIntBE(pointer(left), i * 6, 3)
    tree.writeUIntBE(pointer(right), i * 6 + 3, 3)
  }
  const metadata = map({
    node_count: uint32(nodes.length),
    record_size: uint16(24),
    ip_version: uint16(6),
    database_type: text('Test-Country'),
    languages: Buffer.from([0x00, 0x04]),
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint64(1_795_180_800),
    description: map({ en: text('Made for a test') }),
  })
  const marker = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')
  return Buffer.concat([tree, Buffer.alloc(16), ...records, marker, metadata])
}

const text = (value: string) => {
  const bytes = Buffer.from(value)
  if (bytes.length > 28) throw new Error('expected a short text')
  return Buffer.concat([Buffer.from([0x40 | bytes.length]), bytes])
}
const map = (fields: Record<string, Buffer>) => {
  const entries = Object.entries(fields)
  return Buffer.concat([Buffer.from([0xe0 | entries.length]), ...entries.flatMap(([key, value]) => [text(key), value])])
}
const uint16 = (value: number) => Buffer.from([0xa2, value >> 8, value & 0xff])
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(5, 0xc4)
  bytes.writeUInt32BE(value, 1)
  return bytes
}
const uint64 = (value: number) => {
  const bytes = Buffer.alloc(10)
  bytes.set([0x08, 0x02])
  bytes.writeBigUInt64BE(BigInt(value), 2)
  return bytes
}

const toBits = (value: number, length: number) => value.toString(2).padStart(length, '0')
const bitsOfIPv4 = (address: string) =>
  address
    .split('.')
    .map((part) => toBits(Number(part), 8))
    .join('')
function bitsOfIPv6(address: string): string {
  const [head = '', tail = ''] = address.split('::')
  const first = head.split(':').filter(Boolean)
  const last = tail.split(':').filter(Boolean)
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last]
  return groups.map((group) => toBits(Number.parseInt(group, 16), 16)).join('')
}
