// Takes pictures of every page on the demo's sample data: light and dark, 1,280 and 390 pixels wide. Builds nothing.
//   node packages/dashboard/scripts/take-pictures.mjs <directory>   all of them
//   node packages/dashboard/scripts/take-pictures.mjs --docs        those of the documentation, into docs/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const cli = join(root, 'packages/collector/dist/cli.js')

/** Longest time the sample data takes, in milliseconds. */
const FILL_MS = 120_000

const pages = {
  overview: '',
  content: '?page=content&days=30&type=reel&id=3',
  feed: '?page=feed&days=30',
  viewers: '?page=viewers&days=30',
  live: '?page=live',
  trust: '?page=trust',
  share: '',
  shared: '?days=30',
}
const widths = [1_280, 390]
const schemes = ['light', 'dark']

/** Pictures of the documentation, by the name of the file that they are taken as. */
const inDocs = {
  'overview-light-1280': 'dashboard',
  'overview-dark-1280': 'dashboard-dark',
  'overview-light-390': 'dashboard-phone',
  'content-light-1280': 'dashboard-content',
  'feed-light-1280': 'dashboard-feed',
  'viewers-light-1280': 'dashboard-viewers',
  'live-light-1280': 'dashboard-live',
  'trust-light-1280': 'dashboard-trust',
}

async function startDemo(dir) {
  const demo = spawn(process.execPath, [cli, 'demo', '--port', '0', '--dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('The demo did not start in time.')), FILL_MS)
    let text = ''
    demo.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
      const found = /^ {2}Dashboard +(\S+)$/m.exec(text)?.[1]
      if (found === undefined) return
      clearTimeout(patience)
      resolve(new URL(found))
    })
    demo.once('exit', (code) => reject(new Error(`The demo ended with ${code}:\n${text}`)))
  })
  return {
    origin: address.origin,
    hash: address.hash,
    async stop() {
      demo.removeAllListeners('exit')
      demo.kill('SIGINT')
      await once(demo, 'exit')
    },
  }
}

const posts = JSON.parse(readFileSync(join(root, 'packages/collector/demo-page/posts.json'), 'utf8'))

const eventOf = (type, { type: kind, id }) => ({ type, content: { type: kind, id }, source: 'feed' })

/** Events for the live page, as visitors would send them. */
function visit(origin, device) {
  const events = Array.from({ length: 24 }, (_, index) =>
    eventOf(index % 9 === 4 ? 'click' : index % 3 === 2 ? 'view' : 'impression', posts[(index * 7 + device) % 17]),
  )
  const headers = {
    'content-type': 'application/json',
    'user-agent': `Mozilla/5.0 (X11; Linux x86_64) Chrome/137.0.0.${device}`,
  }
  return fetch(`${origin}/v1/events`, { method: 'POST', headers, body: JSON.stringify({ events }) })
}

/** The fragment of a link to the overview. */
async function makeShare({ origin, hash }) {
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ scope: 'overview', name: 'For the newsletter team', expiresInDays: 90 })
  const { token } = await (await fetch(`${origin}/v1/shares`, { method: 'POST', headers, body })).json()
  return `#share=${token}`
}

async function takePage(browser, demo, name, query, scheme, width, path) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    locale: 'en-GB',
    deviceScaleFactor: width < 500 ? 2 : 1,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(`${demo.origin}/${query}${name === 'shared' ? await makeShare(demo) : demo.hash}`)
  await page.waitForSelector('main[aria-busy="false"] .panel:not(.loading)')
  if (name === 'share') {
    await page.click('.way-out button:has-text("Share")')
    await page.click('dialog.share button:has-text("Make a link")')
    await page.waitForSelector('.fresh-link')
  }
  if (name === 'live') {
    for (let times = 0; times < 4; times++) {
      await visit(demo.origin, times * 8 + width + scheme.length)
      await page.waitForTimeout(1_300)
    }
    await page.waitForTimeout(5_000)
  }
  // What follows names directories of the machine.
  const end = name === 'trust' ? await page.$eval('#jobs', (jobs) => jobs.getBoundingClientRect().bottom + 16) : null
  await page.screenshot({
    path,
    fullPage: name !== 'share',
    ...(end !== null && { clip: { x: 0, y: 0, width, height: end } }),
  })
  await context.close()
}

const [target] = process.argv.slice(2)
if (target === undefined) {
  console.error('Expected a directory, or --docs.')
  process.exit(2)
}
const isForDocs = target === '--docs'
const out = isForDocs ? join(root, 'docs') : target
mkdirSync(out, { recursive: true })
const dir = mkdtempSync(join(tmpdir(), 'sightline-pictures-'))
const demo = await startDemo(dir)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  for (const [name, query] of Object.entries(pages)) {
    for (const scheme of schemes) {
      for (const width of widths) {
        const full = `${name}-${scheme}-${width}`
        if (isForDocs && !(full in inDocs)) continue
        const path = join(out, `${isForDocs ? inDocs[full] : full}.png`)
        await takePage(browser, demo, name, query, scheme, width, path)
        console.log(path)
      }
    }
  }
} finally {
  await browser.close()
  await demo.stop()
  rmSync(dir, { recursive: true, force: true })
}
