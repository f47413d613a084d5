// Where visitors came from, as a name and nothing more.
import { expect, test } from 'vitest'
import { referrerDomain } from '../../src/ingest/enrich'

test.each([
  ['https://www.Search.example/find?q=secret', undefined, 'search.example'],
  ['http://news.example:8080/', 'shop.example', 'news.example'],
  ['https://www.shop.example/a', 'shop.example', undefined],
  ['https://shop.example/a', 'www.shop.example', undefined],
  ['android-app://com.example', undefined, undefined],
  ['not an address', undefined, undefined],
  [undefined, undefined, undefined],
])('%s seen from %s came from %s', (referrer, ownHost, domain) => {
  expect(referrerDomain(referrer, ownHost)).toBe(domain)
})
