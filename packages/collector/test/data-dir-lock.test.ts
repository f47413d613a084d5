// One process per data directory, and no dead process keeps people out.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirInUse, lockDataDir } from '../src/database/data-dir-lock'
import { endAllCollectors, runCli, startCollector } from './support/collector-process'

let dir: string
const lockFile = () => join(dir, 'sightline.lock')

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-lock-'))
})
afterEach(async () => {
  endAllCollectors()
  await rm(dir, { recursive: true, force: true })
})

function holderAfterLocking(): unknown {
  const release = lockDataDir(dir)
  const { pid } = JSON.parse(readFileSync(lockFile(), 'utf8')) as { pid: unknown }
  release()
  return pid
}

async function pidOfDeadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'close')
  return child.pid ?? 0
}

test('a second process is refused in one sentence that names the first, and may start once the first has ended', async () => {
  const env = { DATA_DIR: dir, LOG_LEVEL: 'silent' }
  const first = await startCollector(env)
  const second = runCli(['start', '--port', '0'], env)
  expect(await second.ended).toBe(1)
  expect(second.output()).toMatch(
    new RegExp(`^sightline: The data directory ${dir} is in use by process ${first.pid}\\. [^\\n]+\\n$`),
  )

  first.signal('SIGTERM')
  expect(await first.ended).toBe(0)
  const third = await startCollector(env)
  third.signal('SIGTERM')
  expect(await third.ended).toBe(0)
})

test('takes over the lock of a process that was killed', async () => {
  await writeFile(lockFile(), JSON.stringify({ pid: await pidOfDeadProcess(), startedAt: 'then', nonce: 'x' }))
  expect(holderAfterLocking()).toBe(process.pid)
})

test('takes over the lock when another process has the pid of the dead one', async () => {
  await writeFile(lockFile(), JSON.stringify({ pid: process.ppid, startedAt: 'before the last boot', nonce: 'x' }))
  expect(holderAfterLocking()).toBe(process.pid)
})

test.each(['', '{', '{"pid":"one"}', 'null'])('takes over a lock file that says nothing: %j', async (content) => {
  await writeFile(lockFile(), content)
  expect(holderAfterLocking()).toBe(process.pid)
})

test('refuses a second database in the same process', () => {
  const release = lockDataDir(dir)
  expect(() => lockDataDir(dir)).toThrow(DataDirInUse)
  release()
  expect(holderAfterLocking()).toBe(process.pid)
})

test('a release after a take-over leaves the lock of the new holder alone', async () => {
  const release = lockDataDir(dir)
  await rm(lockFile())
  const releaseSecond = lockDataDir(dir)
  const held = await readFile(lockFile(), 'utf8')
  release()
  expect(await readFile(lockFile(), 'utf8')).toBe(held)
  releaseSecond()
})

test('of eight processes that find a dead lock at the same time, one gets it', async () => {
  await writeFile(lockFile(), JSON.stringify({ pid: await pidOfDeadProcess(), startedAt: 'then', nonce: 'x' }))
  const attempts = Array.from({ length: 8 }, () => runCli(['migrate'], { DATA_DIR: dir }))
  const codes = await Promise.all(attempts.map(({ ended }) => ended))
  // Those that came after the first had ended may have had their turn; nobody ran beside another.
  expect(codes).toContain(0)
  const refused = attempts.filter((_, i) => codes[i] !== 0).map(({ output }) => output())
  for (const output of refused) expect(output).toMatch(/is in use by process \d+/)
})
