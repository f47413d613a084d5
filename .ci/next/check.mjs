// The recipe for Next.js as a site of its own: it builds for production, its HTML comes from the server, its impression arrives in a real
// browser; and without 'use client' in the adapter it does not build.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

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
async function build(collector) {
  rmSync(join(site, '.next'), { recursive: true, force: true })
  const startedAt = performance.now()
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: site,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1', NEXT_PUBLIC_COLLECTOR: collector },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const [code] = await once(child, 'close')
  return { code, said, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) }
}

/** Each snippet of the recipe becomes the file that its comment names. */
function writeRecipe() {
  const recipe = readFileSync(join(root, 'docs/recipes/nextjs.md'), 'utf8')
  const files = [...recipe.matchAll(/^```tsx\n([\s\S]*?)^```/gm)].map(([, code]) => {
    const name = /^\/\/ (app\/[\w./[\]-]+)/m.exec(code)?.[1]
    assert(name, 'each snippet of the recipe names its file')
    mkdirSync(dirname(join(site, name)), { recursive: true })
    writeFileSync(join(site, name), code)
    return name
  })
  assert.deepEqual(files, [
    'app/tracking.tsx',
    'app/layout.tsx',
    'app/post-link.tsx',
    'app/page.tsx',
    'app/posts/[id]/post.tsx',
    'app/posts/[id]/page.tsx',
  ])
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
  assert.match(html, /<article[^>]*><a [^>]*>Seen<\/a><\/article>/, 'the server sends the content')

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
    let events = []
    const arrive = async (wanted) => {
      const giveUpAt = Date.now() + ARRIVES_WITHIN_MS
      while (!events.some(({ type }) => type === wanted) && Date.now() < giveUpAt) {
        await page.waitForTimeout(200)
        events = (await (await fetch(`${collector}/_test/events`)).json()).events
      }
    }
    await arrive('impression')
    await page.click('article a')
    await page.waitForSelector('main')
    await arrive('click')
    const clicks = events.filter(({ type }) => type === 'click')
    assert.deepEqual(
      clicks.map(({ content, source, position }) => ({ content, source, position })),
      [{ content: { type: 'post', id: '42' }, source: 'feed', position: 0 }],
      'one click arrives',
    )
    // Long enough to be read, then away: the view of the post's own page.
    await page.waitForTimeout(1_500)
    await page.goBack()
    await arrive('view')
    const impressions = events.filter(({ type }) => type === 'impression')
    assert.deepEqual(
      impressions.map(({ content, source, position }) => ({ content, source, position })),
      [{ content: { type: 'post', id: '42' }, source: 'feed', position: 0 }],
      'one impression arrives',
    )
    const pageViews = events.filter(({ type }) => type === 'page_view')
    assert.deepEqual(
      pageViews.map(({ content }) => content.id).slice(0, 2),
      ['/', '/posts/42'],
      'a page view of each page arrives',
    )
    assert(
      events.some(({ type, content }) => type === 'view' && content.id === '42'),
      'a view of the post arrives',
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
  writeRecipe()

  const good = await build(collector)
  assert.equal(good.code, 0, good.said)
  console.log(`next build: passed in ${good.seconds} s`)

  const [, origin] = await startUntil(
    /(http:\/\/localhost:\d+)[\s\S]*Ready/,
    process.execPath,
    [next, 'start', '-p', '0'],
    site,
  )
  await visit(origin, collector)
  console.log('served HTML, impression, click, page views, view of the post, no error in the browser: passed')

  takeDirectiveAway()
  const bad = await build(collector)
  assert.notEqual(bad.code, 0, "the build passes without 'use client' in the adapter, so it proves nothing")
  assert.match(bad.said, /createContext|useRef|client/i, bad.said)
  console.log(
    `next build without 'use client': refused in ${bad.seconds} s (${/[^\n]*createContext[^\n]*/.exec(bad.said)?.[0].trim()})`,
  )
} finally {
  // Neither keeps anything that an orderly end would save.
  for (const child of running) child.kill('SIGKILL')
}
