// What the browser remembers for us; what may not be written, or cannot, stays in the memory of this page. Never throws.
import { attempt } from './attempt'

const PREFIX = 'sightline:'

/** Where texts are kept under names. Synchronous, so that it also works while the page closes. */
export interface TrackerStorage {
  /** The text that was kept under a name, or `null`. */
  get(name: string): string | null
  set(name: string, text: string): void
  remove(name: string): void
  /** All names, also those of others. */
  keys(): string[]
}

export interface Store {
  /** The words that were kept under a name; one empty word where nothing was. */
  get(name: string): string[]
  set(name: string, ...words: (string | number)[]): void
  /** The same at the end of the task, or with `flush()`, for what only this page reads: writing to the disk takes long. */
  setSoon(name: string, text: string): void
  remove(name: string): void
  /** Writes what waits, now, and tells whether what was written last survives the page. */
  flush(): boolean
  /** The rest of every name that begins so. */
  rests(start: string): string[]
  /** `false` keeps what is written from now on in memory; `true` also writes what was kept. Reading is not affected. */
  persist(allowed: boolean): void
}

/** Writes nothing until `persist(true)`. */
export function openStore(choice: 'localStorage' | 'memory' | TrackerStorage): Store {
  const disk = typeof choice === 'object' ? choice : choice === 'memory' ? undefined : attempt(openLocalStorage)
  // Newer than the disk, where both have a name.
  const memory = new Map<string, string>()
  const unwritten = new Set<string>()
  let isAllowed = false
  let isLasting = false

  function write(name: string): void {
    isLasting = !!attempt(() => {
      disk!.set(name, memory.get(name)!)
      return memory.delete(name)
    })
  }

  function flush(): boolean {
    if (!isAllowed || !disk) return false
    unwritten.forEach(write)
    unwritten.clear()
    return isLasting
  }

  function setSoon(name: string, text: string): void {
    memory.set(PREFIX + name, text)
    unwritten.add(PREFIX + name)
    if (unwritten.size === 1) queueMicrotask(flush)
  }

  return {
    get: (name) => `${memory.get(PREFIX + name) ?? attempt(() => disk?.get(PREFIX + name)) ?? ''}`.split(' '),
    set(name, ...words) {
      memory.set(PREFIX + name, words.join(' '))
      if (isAllowed && disk) write(PREFIX + name)
      else unwritten.add(PREFIX + name)
    },
    setSoon,
    remove(name) {
      memory.delete(PREFIX + name)
      unwritten.delete(PREFIX + name)
      attempt(() => disk?.remove(PREFIX + name))
    },
    flush,
    rests: (start) =>
      [...new Set([...memory.keys(), ...(attempt(() => disk?.keys()) ?? [])])]
        .filter((name) => name.startsWith(PREFIX + start))
        .map((name) => name.slice(PREFIX.length + start.length)),
    persist(allowed) {
      isAllowed = allowed
      flush()
    },
  }
}

function openLocalStorage(): TrackerStorage {
  const disk = localStorage
  return {
    get: (name) => disk.getItem(name),
    set: (name, text) => disk.setItem(name, text),
    remove: (name) => disk.removeItem(name),
    keys: () => Object.keys(disk),
  }
}

/**
 * Runs `act` while nobody else holds this name, over all tabs of the site, and holds it for as long as `act` takes. With
 * `ifAvailable` it gets `null` where somebody holds it.
 */
export function lock(name: string, act: (held?: Lock | null) => unknown, options: LockOptions = {}): void {
  const { locks } = navigator
  // Without Web Locks, as on plain http, nobody can be asked.
  if (!locks) return void act()
  attempt(() => locks.request(PREFIX + name, options, act).catch(() => {}))
}
