// The recipe for Next.js as a site of its own: it builds for production, its HTML comes from the server, its impression arrives in a real
// browser; and without 'use client' in the adapter it does not build.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

/** Where the recipe sends, which is somewhere else here. */
const WRITTEN_ENDPOINT = 'https://collect.example.com'
/** A server component that uses the entry without the directive. */
const MARKED_PAGE = `
  import { mark } from '@sightline/react/server'
  export default function Marked() {
    return <article {...mark({ content: { type: 'post', id: '7' }, source: 'feed', position: 2 })}>Marked</article>
  }`
const ARRIVES_WITHIN_MS = 20_000
const STARTS_WITHIN_MS = 60_000

const site = process.argv[2]
const root = fileURLToPath(new URL('../..', import.meta.url))
const next = join(site, 'node_modules/next/dist/bin/next')
const running = []

/** Starts a program; resolves with what it says as soon as that matches. */
async function startUntil(pattern, command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const giveUpAt = Date.now() + STARTS_WITHIN_MS
  for (;;) {
    const match = pattern.exec(said)
    if (match) return match
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`${args.join(' ')} did not start:\n${said}`)
    await new Promise((resolve) => void setTimeout(resolve, 50))
  }
}

/** Runs `next build`, always from nothing. */
async function build() {
  rmSync(join(site, '.next'), { recursive: true, force: true })
  const startedAt = performance.now()
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: site,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const [code] = await once(child, 'close')
  return { code, said, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) }
}

/** Each snippet of the recipe becomes the file that its comment names. */
function writeRecipe(endpoint) {
  const recipe = readFileSync(join(root, 'docs/recipes/nextjs.md'), 'utf8')
  assert(recipe.includes(WRITTEN_ENDPOINT), `the recipe sends to ${WRITTEN_ENDPOINT}`)
  mkdirSync(join(site, 'app'), { recursive: true })
  const files = [...recipe.matchAll(/^```tsx\n([\s\S]*?)^```/gm)].map(([, code]) => {
    const name = /^\/\/ (app\/[\w./-]+)/m.exec(code)?.[1]
    assert(name, 'each snippet of the recipe names its file')
    writeFileSync(join(site, name), code.replace(WRITTEN_ENDPOINT, endpoint))
    return name
  })
  assert.deepEqual(files, ['app/tracking.tsx', 'app/layout.tsx', 'app/page.tsx'])
  mkdirSync(join(site, 'app/marked'), { recursive: true })
  writeFileSync(join(site, 'app/marked/page.tsx'), MARKED_PAGE)
}

/** The adapter as it would be without its first line. */
function takeDirectiveAway() {
  for (const file of ['index.js', 'index.cjs']) {
    const path = join(site, 'node_modules/@sightline/react/dist', file)
    const code = readFileSync(path, 'utf8')
    const without = code.replace(/^['"]use client['"];?/, '')
    assert.notEqual(without, code, `${file} begins with 'use client'`)
    writeFileSync(path, without)
  }
}

async function visit(origin, collector) {
  const html = await (await fetch(origin)).text()
  assert.match(html, /<article[^>]*>Seen<\/article>/, 'the server sends the content')

  const marked = await (await fetch(`${origin}/marked`)).text()
  assert.match(marked, /<article data-sightline="post:7" data-sightline-source="feed" data-sightline-position="2">/)

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const page = await browser.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(origin)
    const giveUpAt = Date.now() + ARRIVES_WITHIN_MS
    let events = []
    while (!events.some(({ type }) => type === 'impression') && Date.now() < giveUpAt) {
      await page.waitForTimeout(200)
      events = (await (await fetch(`${collector}/_test/events`)).json()).events
    }
    const impressions = events.filter(({ type }) => type === 'impression')
    assert.deepEqual(
      impressions.map(({ content, source, position }) => ({ content, source, position })),
      [{ content: { type: 'post', id: '42' }, source: 'feed', position: 0 }],
      'one impression arrives',
    )
    const pageViews = events.filter(({ type }) => type === 'page_view')
    assert.deepEqual(
      pageViews.map(({ content }) => content.id),
      ['/'],
      'one page view arrives',
    )
    // The recipe has no icon, which a browser asks for.
    const told = complaints.filter((text) => !/404/.test(text))
    assert.deepEqual(told, [], 'the browser has nothing to complain about, hydration included')
  } finally {
    await browser.close()
  }
}

try {
  const cli = join(root, 'packages/collector/dist/cli.js')
  const [, collector] = await startUntil(
    /Dashboard +(http:\S+)\//,
    process.execPath,
    [cli, 'start', '--memory', '--port', '0'],
    site,
  )
  writeRecipe(collector)

  const good = await build()
  assert.equal(good.code, 0, good.said)
  console.log(`next build: passed in ${good.seconds} s`)

  const [, origin] = await startUntil(
    /(http:\/\/localhost:\d+)[\s\S]*Ready/,
    process.execPath,
    [next, 'start', '-p', '0'],
    site,
  )
  await visit(origin, collector)
  console.log('served HTML, one impression, one page view, no error in the browser: passed')

  takeDirectiveAway()
  const bad = await build()
  assert.notEqual(bad.code, 0, "the build passes without 'use client' in the adapter, so it proves nothing")
  assert.match(bad.said, /createContext|useRef|client/i, bad.said)
  console.log(
    `next build without 'use client': refused in ${bad.seconds} s (${/[^\n]*createContext[^\n]*/.exec(bad.said)?.[0].trim()})`,
  )
} finally {
  // Neither keeps anything that an orderly end would save.
  for (const child of running) child.kill('SIGKILL')
}
