// Where a demo keeps its data: a private directory that tells whether its sample data is complete, and is reused if so.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { lockDataDir } from '../database/data-dir-lock'

const MARKER_FILE = 'demo.json'

const markerSchema = z.object({ state: z.enum(['filling', 'filled']), sample: z.string() })

export interface DemoDirectory {
  path: string
  /** Whether complete sample data is there already. */
  isFilled: boolean
  /** To be called once all sample data is stored. */
  markFilled(): void
}

/** A directory that the demo must not use. The message says why and what to do. */
export class UnusableDirectory extends Error {}

function readMarker(path: string): z.output<typeof markerSchema> | null {
  try {
    return markerSchema.parse(JSON.parse(readFileSync(join(path, MARKER_FILE), 'utf8')))
  } catch {
    return null
  }
}

// A running demo holds the lock, so nothing is ever deleted under it.
function clear(path: string): void {
  const release = lockDataDir(path)
  release()
  rmSync(path, { recursive: true, force: true })
}

/**
 * Directory below the system's temporary one that only this user can enter.
 * @throws UnusableDirectory when someone else made it first.
 */
export function privateDirectory(temporary: string): string {
  // Windows has no user ids; its temporary directory belongs to the user.
  const uid = process.getuid?.()
  const path = join(temporary, `sightline-demo-${uid ?? 'user'}`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  const isPrivate = uid === undefined || (found.uid === uid && (found.mode & 0o077) === 0)
  if (!found.isDirectory() || !isPrivate) {
    throw new UnusableDirectory(
      `${path} must be a directory that only you can enter, and it is not. Remove it, or choose another with --dir.`,
    )
  }
  return path
}

/** Deletes what earlier days have left beside `keep`. A demo that still runs keeps its directory. */
export function clearOldDemos(parent: string, keep: string): void {
  for (const name of readdirSync(parent)) {
    if (name === keep) continue
    try {
      clear(join(parent, name))
    } catch {
      // In use.
    }
  }
}

/**
 * Makes a directory ready. An interrupted fill and, with `fresh`, a complete one are deleted; what the demo did not make
 * is left alone.
 * @param sample names the sample data that is wanted; other data of an older demo is reused only when kept on purpose.
 * @throws UnusableDirectory when there are files that the demo did not make.
 * @throws DataDirInUse when another process has the directory.
 */
export function openDemoDirectory(dir: string, sample: string, fresh: boolean): DemoDirectory {
  const path = resolve(dir)
  const marker = readMarker(path)
  const write = (state: 'filling' | 'filled') =>
    writeFileSync(join(path, MARKER_FILE), `${JSON.stringify({ state, sample })}\n`, { mode: 0o600 })

  if (marker?.state === 'filled' && !fresh) return { path, isFilled: true, markFilled() {} }
  if (marker !== null) clear(path)
  else if (existsSync(path) && readdirSync(path).length > 0) {
    throw new UnusableDirectory(`${path} holds files that the demo did not make. Choose an empty directory with --dir.`)
  }
  mkdirSync(path, { recursive: true, mode: 0o700 })
  write('filling')
  return { path, isFilled: false, markFilled: () => write('filled') }
}
