// What a version leaves behind for all later ones: the script tag as it is published, the requests that it sends, and the tables of
// its collector. test/compatibility.test.ts holds every later version to them. Run after `build`.
//
//   node scripts/keep-bundle.mjs           keeps those of the version in packages/sdk/package.json
//   node scripts/keep-bundle.mjs --check   fails when what was built is not what is kept
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { keptPage } from '../test/support/kept-page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'packages/sdk/package.json'), 'utf8'))
const script = readFileSync(join(root, 'packages/sdk/dist/sightline.iife.js'), 'utf8')
const folder = join(root, 'test/bundles', version)
const kept = (name) => join(folder, name)

const wasTagged =
  spawnSync('git', ['rev-parse', '--quiet', '--verify', `refs/tags/v${version}`], { cwd: root }).status === 0
const tables = await describeTables()

if (process.argv.includes('--check')) {
  const problems = []
  if (!existsSync(kept('sightline.iife.js'))) problems.push(`nothing is kept of ${version}`)
  else {
    if (readFileSync(kept('sightline.iife.js'), 'utf8') !== script) problems.push('the script is another one')
    if (readFileSync(kept('tables.json'), 'utf8') !== tables) problems.push('the tables are others')
  }
  for (const problem of problems)
    console.error(`test/bundles/${version}: ${problem}. Run node scripts/keep-bundle.mjs and commit.`)
  process.exit(problems.length > 0 ? 1 : 0)
}

if (wasTagged && existsSync(kept('sightline.iife.js')) && readFileSync(kept('sightline.iife.js'), 'utf8') !== script) {
  console.error(
    `Version ${version} is published and its script is kept: expected a new version in packages/sdk/package.json.`,
  )
  process.exit(1)
}
mkdirSync(folder, { recursive: true })
writeFileSync(kept('sightline.iife.js'), script)
writeFileSync(kept('requests.json'), `${JSON.stringify(await recordRequests(), undefined, 2)}\n`)
writeFileSync(kept('tables.json'), tables)
console.log(
  `Kept in test/bundles/${version}: the script (${Buffer.byteLength(script)} bytes), its requests, the tables.`,
)

/** Every column of a migrated database, as `table.column: type`, with what an older writer has to know about it. */
async function describeTables() {
  const { migrate, openDatabase } = await import(pathToFileURL(join(root, 'packages/collector/dist/index.js')).href)
  const db = await openDatabase({ memory: true })
  try {
    await migrate(db)
    const columns = (await db.kysely.introspection.getTables())
      // Partitions have the columns of their table.
      .filter(({ name }) => !name.startsWith('events_'))
      .flatMap(({ name: table, columns }) =>
        columns.map(({ name, dataType, isNullable, hasDefaultValue }) => [
          `${table}.${name}`,
          { type: dataType, mayBeLeftOut: isNullable || hasDefaultValue },
        ]),
      )
    return `${JSON.stringify(Object.fromEntries(columns.toSorted()), undefined, 2)}\n`
  } finally {
    await db.close()
  }
}

/** The bodies that the script sends in a real browser: of a visit with calls, marks and a click, and of its end. */
async function recordRequests() {
  const requests = []
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      const isScript = request.url === '/sightline.js'
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
      return void response.end(isScript ? script : keptPage(`http://127.0.0.1:${server.address().port}`, 'kept'))
    }
    let body = ''
    request.setEncoding('utf8').on('data', (text) => (body += text))
    request.on('end', () => {
      requests.push({ contentType: request.headers['content-type'] ?? '', body })
      const { events } = JSON.parse(body)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ success: true, tracked: events.length, duplicates: 0, dropped: {}, errors: [] }))
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    await page.evaluate('recordAll()')
    await page.waitForTimeout(1_500)
    await page.click('button')
    await page.evaluate('window.sightline.flush()')
    await page.evaluate('like(4, 6)')
    await page.close()
    for (let waitedMs = 0; waitedMs < 10_000 && !JSON.stringify(requests).includes('"index\\":5'); waitedMs += 50) {
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    }
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
  return requests
}
