// A real Chromium for the tests of what only a browser decides.
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Path of a Chromium on this machine, or nothing. `CHROMIUM` names one explicitly. */
export const chromiumPath: string | undefined = process.env.CHROMIUM ?? usualPlaces.find((path) => existsSync(path))

if (!chromiumPath) {
  console.warn('Browser tests are skipped: no Chromium was found. Install one, or set CHROMIUM=/path/to/chromium.')
}

/** The driver turns the back/forward cache off, which people's browsers have, unless it is asked for. */
export function launchChromium({ hasBackForwardCache = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    ignoreDefaultArgs: hasBackForwardCache ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
