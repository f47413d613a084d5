// Questions about keys that many requests ask at once become one query at a time, and answers are kept for a while.

export interface KeyedLookup<Value> {
  /** What is known about each key; a key without an entry has none. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>
  /** Makes the next question about these keys ask the database. */
  forget(keys: readonly string[]): void
}

export interface LookupOptions<Value> {
  /** Asks the database. Keys without an answer are left out. */
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>
  /** How long an answer is believed, in milliseconds. */
  ttlMs: number
  /** How long it is believed that there is none, in milliseconds. @default ttlMs */
  ttlOfNoneMs?: number
  /** Answers that are kept at most; the oldest are forgotten first. */
  maxEntries: number
  now: () => number
}

interface Entry<Value> {
  value: Value | undefined
  until: number
}

/** While one query is on its way, all further questions wait for the next: load never multiplies queries. */
export function createKeyedLookup<Value>(options: LookupOptions<Value>): KeyedLookup<Value> {
  const { load, ttlMs, ttlOfNoneMs = ttlMs, maxEntries, now } = options
  const entries = new Map<string, Entry<Value>>()
  /** Told by `forget` while a query was on its way: its answer may be older than that. */
  const forgottenMeanwhile = new Set<string>()
  let isLoading = false
  let nextKeys = new Set<string>()
  let nextLoad: Promise<ReadonlyMap<string, Value>> | undefined
  let startNext: (() => void) | undefined

  async function loadKeys(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    isLoading = true
    forgottenMeanwhile.clear()
    try {
      const found = await load(keys)
      for (const key of keys) if (!forgottenMeanwhile.has(key)) keep(key, found.get(key))
      return found
    } finally {
      // With more to ask, nobody else may start in between.
      if (startNext) startNext()
      else isLoading = false
    }
  }

  function keep(key: string, value: Value | undefined): void {
    const ttl = value === undefined ? ttlOfNoneMs : ttlMs
    if (ttl <= 0) return
    entries.delete(key)
    entries.set(key, { value, until: now() + ttl })
    if (entries.size <= maxEntries) return
    const [oldest] = entries.keys()
    if (oldest !== undefined) entries.delete(oldest)
  }

  function loadSoon(keys: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    if (!isLoading) return loadKeys(keys)
    for (const key of keys) nextKeys.add(key)
    nextLoad ??= new Promise<void>((resolve) => {
      startNext = resolve
    }).then(() => {
      const wanted = [...nextKeys]
      nextKeys = new Set()
      nextLoad = undefined
      startNext = undefined
      return loadKeys(wanted)
    })
    return nextLoad
  }

  return {
    async find(keys) {
      const found = new Map<string, Value>()
      let missing: string[] | undefined
      for (const key of keys) {
        const entry = entries.get(key)
        if (entry === undefined || entry.until <= now()) (missing ??= []).push(key)
        else if (entry.value !== undefined) found.set(key, entry.value)
      }
      if (missing === undefined) return found
      const loaded = await loadSoon(missing)
      for (const key of missing) {
        const value = loaded.get(key)
        if (value !== undefined) found.set(key, value)
      }
      return found
    },
    forget(keys) {
      for (const key of keys) {
        entries.delete(key)
        if (isLoading) forgottenMeanwhile.add(key)
      }
    },
  }
}
