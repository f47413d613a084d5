// A country is two letters from someone who is trusted to know, and nothing finer.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCountryOf } from '../../src/identity/country'
import { createNetworkCheck } from '../../src/identity/client-address'
import { countryDatabase } from '../support/mmdb'

let dir: string
let file: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-country-'))
  file = join(dir, 'country.mmdb')
  await writeFile(
    file,
    countryDatabase({ '203.0.113.0/24': 'DE', '198.51.100.0/24': 'XX', '2001:db8::/32': 'FR', '192.0.0.0/8': 'us' }),
  )
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const ask = (address: string, headers: Record<string, string> = {}, peerAddress = '10.0.0.1') => ({
  address,
  peerAddress,
  headers,
})

test.each([
  ['203.0.113.77', 'DE'],
  ['::ffff:203.0.113.77', 'DE'],
  ['2001:db8:9:9::1', 'FR'],
  ['2001:db9::1', undefined],
  ['198.51.100.1', undefined],
  ['192.0.2.1', undefined],
  ['127.0.0.1', undefined],
])('a file tells of %s: %s', (address, country) => {
  expect(createCountryOf({ header: undefined, file, trustProxy: [] })(ask(address))).toBe(country)
})

const withHeader = () => createCountryOf({ header: 'cf-ipcountry', file, trustProxy: ['10.0.0.0/8'] })

describe('a header', () => {
  test('of a trusted proxy wins over the file', () => {
    expect(withHeader()(ask('203.0.113.77', { 'cf-ipcountry': 'jp' }))).toBe('JP')
  })

  test('of anybody else is not believed', () => {
    expect(withHeader()(ask('203.0.113.77', { 'cf-ipcountry': 'JP' }, '203.0.113.77'))).toBe('DE')
  })

  test.each(['XX', 'T1', '', 'Japan', '<b>'])('that says %j leaves it to the file', (told) => {
    expect(withHeader()(ask('203.0.113.77', { 'cf-ipcountry': told }))).toBe('DE')
  })
})

test('says what is wrong with a file that is no database', async () => {
  const wrong = join(dir, 'wrong.mmdb')
  await writeFile(wrong, 'no database')
  expect(() => createCountryOf({ header: undefined, file: wrong, trustProxy: [] })).toThrow('Unknown type')
  expect(() => createCountryOf({ header: undefined, file: join(dir, 'none'), trustProxy: [] })).toThrow('ENOENT')
})

test.each([
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '::ffff:10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['loopback'], '127.8.8.8', true],
  [['loopback'], '::1', true],
  [['linklocal'], 'fe80::1%eth0', true],
  [['uniquelocal'], '172.31.0.1', true],
  [['2001:db8::/32'], '2001:db8:1::1', true],
  [['2001:db8::/32'], '10.0.0.1', false],
  [[], '127.0.0.1', false],
])('of the networks %j, %s is one: %s', (networks, address, isOne) => {
  expect(createNetworkCheck(networks)(address)).toBe(isOne)
})
