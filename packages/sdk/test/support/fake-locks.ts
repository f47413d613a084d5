// Web Locks as a browser keeps them for all tabs of a site: exclusive, first come first served, granted in a later task.

type Act = (lock: Lock | null) => unknown

export interface FakeLocks extends Pick<LockManager, 'request'> {
  /** Names that somebody holds now. */
  readonly held: string[]
  /** A tab dies: its locks are free, whatever it was doing. */
  crash(): void
}

export function createFakeLocks(): FakeLocks {
  const queues = new Map<string, (() => void)[]>()
  let crashes: (() => void)[] = []

  async function request(name: string, options: LockOptions, act: Act): Promise<void> {
    await Promise.resolve()
    const queue = queues.get(name)
    if (queue && options.ifAvailable) return void (await act(null))
    if (queue) await new Promise<void>((resolve) => queue.push(resolve))
    else queues.set(name, [])
    try {
      await Promise.race([act({ name, mode: 'exclusive' }), new Promise<void>((resolve) => crashes.push(resolve))])
    } finally {
      const next = queues.get(name)!.shift()
      if (next) next()
      else queues.delete(name)
    }
  }

  return {
    request: request as LockManager['request'],
    get held() {
      return [...queues.keys()]
    },
    crash() {
      for (const free of crashes) free()
      crashes = []
    },
  }
}
