// Browser storage that never throws: full, forbidden or absent, it goes on in memory.

const PREFIX = 'sightline:'

export interface SafeStorage {
  get(name: string): string | null
  set(name: string, value: string): void
  remove(name: string): void
  /** Names that begin with `start`, in no particular order. */
  names(start: string): string[]
  /** `false` keeps what is written from now on in memory; `true` also writes what was kept. Reading is not affected. */
  persist(allowed: boolean): void
  /** Removes everything that any visit of this tab has written. */
  purge(): void
}

/** Storage of this tab (`sessionStorage`), which survives a reload. Writes nothing until `persist(true)`. */
export function openTabStorage(): SafeStorage {
  // `null` marks a name as removed where the removal could not be written.
  const memory = new Map<string, string | null>()
  let allowed = false

  const write = (name: string, value: string | null): boolean =>
    allowed &&
    attempt((area) => {
      if (value === null) area.removeItem(PREFIX + name)
      else area.setItem(PREFIX + name, value)
      return true
    }) === true

  const put = (name: string, value: string | null): void => {
    if (write(name, value)) memory.delete(name)
    else memory.set(name, value)
  }

  return {
    get(name) {
      const kept = memory.get(name)
      return kept === undefined ? (attempt((area) => area.getItem(PREFIX + name)) ?? null) : kept
    },
    set: put,
    remove: (name) => put(name, null),
    names: (start) =>
      [...new Set([...stored(), ...memory.keys()])].filter(
        (name) => name.startsWith(start) && memory.get(name) !== null,
      ),
    persist(value) {
      allowed = value
      if (allowed) for (const [name, kept] of memory) put(name, kept)
    },
    purge() {
      memory.clear()
      for (const name of stored()) attempt((area) => area.removeItem(PREFIX + name))
    },
  }
}

function stored(): string[] {
  const all = attempt((area) => Array.from({ length: area.length }, (_, index) => area.key(index) ?? '')) ?? []
  return all.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length))
}

// A function, because touching `sessionStorage` itself may throw where storage is forbidden.
function attempt<Result>(use: (area: Storage) => Result): Result | undefined {
  try {
    return use(sessionStorage)
  } catch {
    return undefined
  }
}
