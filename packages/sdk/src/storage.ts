// What this tab remembers over reloads, in `sessionStorage`; where that is full, forbidden or absent, in memory alone.
import { attempt } from './attempt'

const PREFIX = 'sightline:'

/** Names that are remembered; the one written longest ago is forgotten first. */
const MAX_NAMES = 5_000

export interface TabStorage {
  /** The numbers and words that were kept under a name; none where nothing was. */
  get(name: string): string[]
  /** `writtenAt` orders the names after a reload: milliseconds since 1970. Words hold no space. */
  set(name: string, writtenAt: number, ...more: (number | string)[]): void
  remove(name: string): void
  /** `false` keeps what is written from now on in memory; `true` also writes what was kept. Reading is not affected. */
  persist(allowed: boolean): void
  /** Removes everything that any visit of this tab has written. */
  purge(): void
}

/** Writes nothing until `persist(true)`. Never throws. */
export function openTabStorage(): TabStorage {
  let memory: Map<string, string> | undefined
  let isAllowed = false
  const all = () => (memory ??= load())

  const write = (name: string, text: string) => {
    if (isAllowed) attempt(() => sessionStorage.setItem(PREFIX + name, text))
  }

  function remove(name: string): void {
    all().delete(name)
    attempt(() => sessionStorage.removeItem(PREFIX + name))
  }

  return {
    get: (name) => all().get(name)?.split(' ') ?? [],
    set(name, ...words) {
      const text = words.join(' ')
      // The names stay in the order in which they were written last.
      all().delete(name)
      all().set(name, text)
      write(name, text)
      if (all().size > MAX_NAMES) remove(all().keys().next().value!)
    },
    remove,
    persist(allowed) {
      isAllowed = allowed
      memory?.forEach((text, name) => write(name, text))
    },
    purge() {
      for (const name of load().keys()) remove(name)
      memory = new Map()
    },
  }
}

function load(): Map<string, string> {
  const stored = attempt(() => Object.entries<string>(sessionStorage)) ?? []
  return new Map(
    stored
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, text]): [string, string] => [name.slice(PREFIX.length), text])
      // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array, and toSorted() is younger than our target
      .sort(([, one], [, other]) => parseFloat(one) - parseFloat(other)),
  )
}
