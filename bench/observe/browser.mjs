// Everything around the page: dependencies, bundle, site, Chromium, and the main thread's CPU clock.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'

const here = dirname(fileURLToPath(import.meta.url))

/** Installs what only the benchmarks need, from the lockfile beside their package.json. */
export function installOnce() {
  const folder = join(here, '..')
  if (existsSync(join(folder, 'node_modules/react-intersection-observer'))) return
  const install = ['-y', 'pnpm@12.21.0', 'install', '--ignore-workspace', '--frozen-lockfile']
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
    const [type, body] = bodies[request.url] ?? ['application/json', '{"success":true,"tracked":0,"duplicates":0,"dropped":{},"errors":[]}']
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

export function launchChromium() {
  const executablePath = process.env.CHROMIUM ?? usualPlaces.find((path) => existsSync(path))
  if (!executablePath) throw new Error('bench: found no Chromium. Install one, or set CHROMIUM=/path/to/chromium.')
  return chromium.launch({
    executablePath,
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

/** Opens a page in a profile and process of its own, gives it to `use`, and closes it. */
export async function withPage(browser, origin, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  try {
    const page = await context.newPage()
    await page.goto(origin)
    const session = await context.newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    return await use({
      evaluate: (expression) => evaluate(session, expression),
      cpuMs: (expression) => cpuMs(session, expression),
      taskCpuMs: (expression) => taskCpuMs(session, expression),
      session,
    })
  } finally {
    await context.close()
  }
}

async function evaluate(session, expression) {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  })
  if (exceptionDetails) throw new Error(`bench: the page failed: ${exceptionDetails.exception?.description}`)
  return result.value
}

/**
 * CPU time of the page's main thread until an expression's promise is settled, in milliseconds. Waiting and other
 * processes do not count.
 */
async function cpuMs(session, expression) {
  const before = await session.send('Performance.getMetrics')
  await evaluate(session, expression)
  return taskMs(await session.send('Performance.getMetrics')) - taskMs(before)
}

/** The same for one task. The messages go out together, so that no frame that the task asked for comes before the last. */
async function taskCpuMs(session, expression) {
  const [before, , after] = await Promise.all([
    session.send('Performance.getMetrics'),
    evaluate(session, expression),
    session.send('Performance.getMetrics'),
  ])
  return taskMs(after) - taskMs(before)
}

function taskMs({ metrics }) {
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1_000
}
