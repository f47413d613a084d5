// Where visitors came from and what they hold in their hands, in words that last.
import { expect, test } from 'vitest'
import { deviceOf, referrerDomain } from '../../src/ingest/enrich'

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 'tablet'],
  ['Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148', 'tablet'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15', 'desktop'],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36', 'bot'],
  ['curl/8.5.0', 'other'],
  ['', 'other'],
])('%s is %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device)
})

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
