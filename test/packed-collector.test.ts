// What npm users get: the packed collector, installed into an empty directory, starts, takes an event and counts it.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { version } from '../packages/collector/package.json'
import { root } from './support/source-files'

const run = promisify(execFile)
const LONGEST_START_MS = 60_000

let dir: string
let collector: ChildProcess | undefined
/** Nothing of the repository, nor of the tests around it, is in the environment of the installed program. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME }

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-packed-'))
  // The SDK is built already. Without cleaning up, because other tests read what lies there.
  for (const name of ['dashboard', 'collector']) {
    await run('node_modules/.bin/tsup', ['--no-dts', '--no-clean'], { cwd: join(root, 'packages', name) })
  }
  const collectorDir = join(root, 'packages/collector')
  await run('npx', ['-y', 'pnpm@12.21.0', 'pack', '--pack-destination', dir], { cwd: collectorDir })
  const tarball = (await readdir(dir)).find((name) => name.endsWith('.tgz')) ?? ''
  await run('npm', ['init', '-y'], { cwd: dir, env })
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(dir, tarball)], { cwd: dir, env })
})

afterAll(async () => {
  if (collector && collector.exitCode === null) {
    collector.kill('SIGKILL')
    await once(collector, 'exit')
  }
  await rm(dir, { recursive: true, force: true })
})

async function start(): Promise<{ url: string; token: string; output: () => string }> {
  // Without npx between us and the process, so that it gets the signal itself.
  collector = spawn(join(dir, 'node_modules/.bin/sightline'), ['start', '--port', '0'], {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [collector.stdout, collector.stderr])
    stream?.on('data', (text: Buffer) => (output += text.toString()))
  for (let waitedMs = 0; waitedMs < LONGEST_START_MS; waitedMs += 50) {
    const url = /Dashboard +(http:\S+)\//.exec(output)?.[1]
    const token = /(sightline_[\w-]{43})/.exec(output)?.[1]
    if (url && token) return { url, token, output: () => output }
    await sleep(50)
  }
  throw new Error(`The packed collector did not start:\n${output}`)
}

test('npx finds the command', async () => {
  const { stdout } = await run('npx', ['--no-install', 'sightline', '--version'], { cwd: dir, env })
  expect(stdout.trim()).toBe(version)
})

test('starts, takes an event, counts it, and ends in order', async () => {
  const { url, token, output } = await start()
  const event = { type: 'like', content: { type: 'post', id: '42' } }
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(event) })
  expect(await answer.json()).toMatchObject({ success: true, tracked: 1 })
  const stats = await fetch(`${url}/v1/stats/site`, { headers: { authorization: `Bearer ${token}` } })
  expect(await stats.json()).toMatchObject({ totals: { likes: 1 } })

  for (const path of ['/', '/sightline.js', '/docs', '/openapi.json']) {
    const page = await fetch(url + path)
    expect([path, page.status]).toEqual([path, 200])
    expect(await page.text()).not.toContain('was not built')
  }
  collector?.kill('SIGTERM')
  await once(collector!, 'exit')
  expect(output()).not.toMatch(/\n {4}at |EBADENGINE|Cannot find/)
  expect(await readdir(dir)).toContain('sightline-data')
})
