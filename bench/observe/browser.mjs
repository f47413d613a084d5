// Everything around the page: dependencies, bundle, site, Chromium, and the main thread's CPU clock.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const here = dirname(fileURLToPath(import.meta.url))

/** Installs what only the benchmarks need, from the lockfile beside their package.json. */
export function installOnce() {
  const folder = join(here, '..')
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (Object.keys(dependencies).every((name) => existsSync(join(folder, 'node_modules', name)))) return
  // No script of a package is needed, and pnpm ends with an error for each one that is not decided.
  const install = ['-y', 'pnpm@12.21.0', 'install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts']
  const { status } = spawnSync('npx', install, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error(`bench: expected "npx ${install.join(' ')}" to work in ${folder}.`)
}

/** The page script: `globalThis.bench` holds the exports of page.mjs and unmount.mjs. */
export async function bundlePage() {
  const result = await build({
    stdin: { contents: "export * from './page.mjs'\nexport * from './unmount.mjs'", resolveDir: here },
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    globalName: 'bench',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return result.outputFiles[0].text
}

const html = `<!doctype html><meta charset="utf-8"><title>bench</title>
<style>body { margin: 0 } .card { box-sizing: border-box; height: 180px; margin-bottom: 20px; border: 1px solid }</style>
<body><script src="/page.js"></script>`

/** A site of one page that also takes what a tracker sends. */
export async function openSite(script) {
  const bodies = { '/': ['text/html', html], '/page.js': ['text/javascript', script] }
  const server = createServer((request, response) => {
    request.resume()
    const [type, body] = bodies[request.url] ?? [
      'application/json',
      '{"success":true,"tracked":0,"duplicates":0,"dropped":{},"errors":[]}',
    ]
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The driver turns the back/forward cache off, which people's browsers have, unless it is asked for. */
export function launchChromium({ hasBackForwardCache = false } = {}) {
  const executablePath = process.env.CHROMIUM ?? usualPlaces.find((path) => existsSync(path))
  if (!executablePath) throw new Error('bench: found no Chromium. Install one, or set CHROMIUM=/path/to/chromium.')
  return chromium.launch({
    executablePath,
    ignoreDefaultArgs: hasBackForwardCache ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--js-flags=--expose-gc',
    ],
  })
}

/**
 * Opens the site in a profile and a process of its own. `measure` tells the CPU time of its main thread until an
 * expression is settled, in milliseconds, and how much of it was script; waiting and other processes do not count.
 */
export async function openPage(browser, origin) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  await page.goto(origin)
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })

  async function evaluate(expression) {
    const asked = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', asked)
    if (exceptionDetails) throw new Error(`bench: the page failed: ${exceptionDetails.exception?.description}`)
    return result.value
  }

  async function readClock() {
    const { metrics } = await session.send('Performance.getMetrics')
    const read = (wanted) => metrics.find(({ name }) => name === wanted).value * 1_000
    return { cpuMs: read('TaskDuration'), scriptMs: read('ScriptDuration') }
  }

  return {
    evaluate,
    async measure(expression) {
      const before = await readClock()
      await evaluate(expression)
      const after = await readClock()
      return { cpuMs: after.cpuMs - before.cpuMs, scriptMs: after.scriptMs - before.scriptMs }
    },
    close: () => context.close(),
  }
}
