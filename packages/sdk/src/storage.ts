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
  /** On the disk at the end of the task, or with `flush()`: writing takes long, and a task may say much of one name. */
  set(name: string, ...words: (string | number)[]): void
  /** The same, but at once where nothing may be written. */
  remove(name: string): void
  /** Writes what waits, now, and tells whether all that was written survives the page. */
  flush(): boolean
  /** The rest of every name that begins so. */
  rests(start: string): string[]
  /** `false` keeps what is written from now on in memory; `true` also writes what was kept. Reading is not affected. */
  persist(allowed: boolean): void
}

const REGISTRY = Symbol.for('sightline.unwritten')

/** What waits for the end of the task is known to every tracker of the page, so that they share a session within it. */
function shareUnwritten(disk: object): Map<string, string> {
  const scope = globalThis as { [REGISTRY]?: WeakMap<object, Map<string, string>> }
  const maps = (scope[REGISTRY] ??= new WeakMap())
  const unwritten = maps.get(disk) ?? new Map<string, string>()
  maps.set(disk, unwritten)
  return unwritten
}

/** Writes nothing until `persist(true)`. */
export function openStore(choice: 'localStorage' | 'memory' | TrackerStorage): Store {
  const disk = typeof choice === 'object' ? choice : choice === 'memory' ? undefined : attempt(openLocalStorage)
  const unwritten = shareUnwritten(typeof choice === 'object' ? choice : ((disk && localStorage) ?? {}))
  // What may not be written, or could not be. Newer than the disk, where both have a name.
  const memory = new Map<string, string>()
  let isAllowed = false

  function flush(): boolean {
    unwritten.forEach((text, name) =>
      attempt(
        () => (text ? disk!.set(name, text) : disk!.remove(name)),
        () => memory.set(name, text),
      ),
    )
    unwritten.clear()
    return isAllowed && !!disk && !memory.size
  }

  /** No text takes the name away. */
  function put(text: string, name: string): void {
    if (isAllowed && disk) {
      if (!unwritten.size) queueMicrotask(flush)
      memory.delete(name)
      unwritten.set(name, text)
    } else if (text) {
      memory.set(name, text)
    } else {
      memory.delete(name)
      attempt(() => disk?.remove(name))
    }
  }

  const latest = (name: string) => memory.get(name) ?? unwritten.get(name)

  return {
    get: (name) => `${latest(PREFIX + name) ?? attempt(() => disk?.get(PREFIX + name)) ?? ''}`.split(' '),
    set: (name, ...words) => put(words.join(' '), PREFIX + name),
    remove: (name) => put('', PREFIX + name),
    flush,
    rests: (start) =>
      [...new Set([...memory.keys(), ...unwritten.keys(), ...(attempt(() => disk?.keys()) ?? [])])]
        .filter((name) => name.startsWith(PREFIX + start) && latest(name) !== '')
        .map((name) => name.slice(PREFIX.length + start.length)),
    persist(allowed) {
      isAllowed = allowed
      memory.forEach(put)
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
