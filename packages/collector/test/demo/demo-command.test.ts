// The command as people run it: a process of its own, ended by Ctrl-C.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { SiteStats } from '../../src/stats/shapes'

let dir: string
let running: ChildProcess[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'demo-command-'))
})
afterEach(async () => {
  await Promise.all(
    running.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }),
  )
  running = []
  rmSync(dir, { recursive: true, force: true })
})

/** Runs `sightline demo`; the temporary directory of the process is a fresh one. */
function startDemo(...argv: string[]) {
  const env = { ...process.env, TMPDIR: dir, DEMO_DAYS: '2' }
  const child = spawn(process.execPath, [inject('cliFile'), 'demo', ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return {
    output: () => text,
    exited,
    /** The addresses, once they are printed. */
    addresses: () =>
      vi.waitFor(
        () => {
          const [demo, dashboard, data] = ['Demo page', 'Dashboard', 'Data'].map(
            (label) => new RegExp(`^ {2}${label} +(\\S+)$`, 'm').exec(text)?.[1],
          )
          if (!demo || !dashboard || !data || !text.includes('Ctrl-C')) throw new Error(`no addresses yet:\n${text}`)
          return { demo, dashboard: new URL(dashboard), data }
        },
        { timeout: 50_000, interval: 50 },
      ),
    interrupt() {
      child.kill('SIGINT')
      return exited
    },
  }
}

const impressionsAt = async ({ origin, hash }: URL) => {
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` }
  const answer = await fetch(new URL('/v1/stats/site?days=2', origin), { headers })
  return ((await answer.json()) as SiteStats).totals.impressions
}

test('fills, serves feed and numbers, ends cleanly on Ctrl-C, and starts again with the same numbers', async () => {
  const first = startDemo('--port', '0')
  const addresses = await first.addresses()
  expect(first.output()).toContain('sample events stored in')
  expect(addresses.data.startsWith(dir)).toBe(true)

  const page = await fetch(addresses.demo)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await page.text()).not.toMatch(/<script>|<style>| on\w+=/)
  const posts = (await (await fetch(new URL('posts.json', addresses.demo))).json()) as unknown[]
  expect(posts).toHaveLength(50)
  const impressions = await impressionsAt(addresses.dashboard)
  expect(impressions).toBeGreaterThan(100)
  expect(await first.interrupt()).toBe(0)

  const second = startDemo('--port', '0')
  const again = await second.addresses()
  expect(second.output()).not.toContain('sample events stored')
  expect(await impressionsAt(again.dashboard)).toBe(impressions)
  expect(await second.interrupt()).toBe(0)
})

test('starts the sample data anew after it was stopped while filling', async () => {
  const first = startDemo('--port', '0', '--days', '30')
  await vi.waitFor(() => expect(first.output()).toContain('25 %'), { timeout: 50_000, interval: 20 })
  expect(await first.interrupt()).toBe(130)
  expect(first.output()).toContain('The next demo makes it anew')
  expect(first.output()).not.toContain('error')

  const second = startDemo('--port', '0', '--days', '30')
  await second.addresses()
  expect(second.output()).toContain('sample events stored in')
  await second.interrupt()
}, 180_000)

test('takes the next free port and says so', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const demo = startDemo('--port', String(port))
  const { dashboard } = await demo.addresses()
  expect(Number(dashboard.port)).toBeGreaterThan(port)
  expect(demo.output()).toContain(`Port ${port} is taken, so this demo uses ${dashboard.port}.`)
  await demo.interrupt()
  await new Promise((resolve) => other.close(resolve))
})

test('refuses to share its data with a demo that runs, and names that process', async () => {
  const first = startDemo('--port', '0', '--dir', join(dir, 'kept'))
  await first.addresses()
  const second = startDemo('--port', '0', '--dir', join(dir, 'kept'))
  expect(await second.exited).toBe(1)
  expect(second.output()).toMatch(/runs already, as process \d+/)
  expect(second.output()).not.toContain('    at ')
  await first.interrupt()
})

test('refuses a wrong setting with one line', async () => {
  const demo = startDemo('--days', '31')
  expect(await demo.exited).toBe(78)
  expect(demo.output()).toBe('config: --days must be a whole number of days from 1 to 30, got "31".\n')
})

test('explains itself with an example', async () => {
  const demo = startDemo('--help')
  expect(await demo.exited).toBe(0)
  expect(demo.output()).toContain('Example: sightline demo --port 9000')
  expect(demo.output()).not.toContain('Dashboard')
})
