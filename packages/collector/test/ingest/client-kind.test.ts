// What visitors hold in their hands, and whether a person, a program or a crawler holds it.
import { expect, test } from 'vitest'
import { createClientKinds } from '../../src/ingest/client-kind'

const clientOf = createClientKinds()

test.each([
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
    'person',
    'mobile',
  ],
  ['Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36', 'person', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 'person', 'tablet'],
  ['Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148', 'person', 'tablet'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36', 'person', 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605', 'person', 'desktop'],
  ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot', 'bot'],
  [
    'Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 Chrome/136 Mobile Safari/537.36 Chrome-Lighthouse',
    'bot',
    'bot',
  ],
  ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'bot', 'bot'],
  ['GPTBot/1.0', 'bot', 'bot'],
  ['Twitterbot/1.0', 'bot', 'bot'],
  ['WhatsApp/2.23.20.0', 'bot', 'bot'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36', 'script', 'desktop'],
  ['curl/8.5.0', 'script', 'other'],
  ['node', 'script', 'other'],
  ['python-requests/2.31', 'script', 'other'],
  ['okhttp/4.9', 'script', 'other'],
  ['', 'script', 'other'],
])('%s is a %s on %s', (userAgent, kind, device) => {
  expect(clientOf(userAgent)).toEqual({ kind, device })
  expect(clientOf(userAgent)).toEqual({ kind, device })
})
