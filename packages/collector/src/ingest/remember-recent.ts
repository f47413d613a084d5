// A set that forgets what was not asked for longest, so that it never grows past its size.

export function rememberRecent(maxSize: number) {
  const keys = new Set<string>()

  function add(key: string): void {
    keys.delete(key)
    keys.add(key)
    if (keys.size <= maxSize) return
    const [oldest] = keys
    if (oldest !== undefined) keys.delete(oldest)
  }

  return {
    add,
    has(key: string): boolean {
      if (!keys.has(key)) return false
      add(key)
      return true
    },
  }
}
