// One process per data directory: two PGlite processes on the same files lose most rows without any error.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LOCK_FILE = 'sightline.lock'

interface Holder {
  pid: number
  /** When that process began, as the system tells it; a reused pid has another one. */
  startedAt: string
  /** Tells two locks of one process apart. */
  nonce: string
}

/** Another live process, or another database of this one, holds the directory. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
  constructor(
    readonly dataDir: string,
    readonly pid: number,
  ) {
    super(
      `The data directory ${dataDir} is in use by process ${pid}. Stop that process, or give this one another directory ` +
        'with --data-dir or a PostgreSQL database with DATABASE_URL.',
    )
  }
}

/**
 * Takes the lock of a directory, which is made if it does not exist. The lock of a dead process is taken over.
 * @returns the function that releases it; calling it again does nothing.
 * @throws DataDirInUse
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, LOCK_FILE)
  const own: Holder = { pid: process.pid, startedAt: processStart(process.pid) ?? '', nonce: randomUUID() }
  const draft = `${path}.${own.nonce}`
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 })
  try {
    while (!linked(draft, path)) {
      const holder = readHolder(path)
      if (holder && isRunning(holder)) throw new DataDirInUse(dataDir, holder.pid)
      setStaleLockAside(path, holder, dataDir)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (readHolder(path)?.nonce === own.nonce) rmSync(path, { force: true })
  }
}

// A hard link appears whole or not at all, and never replaces what is there.
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

// Between reading and renaming another process may have taken the lock over; then its lock is put back.
function setStaleLockAside(path: string, judged: Holder | undefined, dataDir: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readHolder(aside)
  try {
    if (moved && moved.nonce !== judged?.nonce && isRunning(moved)) {
      linked(aside, path)
      throw new DataDirInUse(dataDir, moved.pid)
    }
  } finally {
    rmSync(aside, { force: true })
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined
    const startedAt = 'startedAt' in value && typeof value.startedAt === 'string' ? value.startedAt : ''
    return { pid: value.pid, startedAt, nonce: 'nonce' in value ? String(value.nonce) : '' }
  } catch {
    return undefined
  }
}

function isRunning(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  const startedAt = processStart(holder.pid)
  return startedAt === undefined || holder.startedAt === '' || startedAt === holder.startedAt
}

/** When a process began, in the system's own words; `undefined` where the system does not tell. */
function processStart(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      // The name in parentheses may hold spaces; the start time is the 20th field after it (proc_pid_stat(5)).
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      return `${boot}:${ticks}`
    }
    if (process.platform === 'win32') return undefined
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
