// Bytes that may be on their way with keepalive: one budget for the document, shared by every tracker in it.

/**
 * Browsers refuse keepalive requests above 64 KiB in flight together, and give bytes back a little late. Measured in
 * Chromium, Firefox and WebKit: 65,536 pass, 65,537 do not.
 */
export const KEEPALIVE_BUDGET_BYTES = 60_000

const REGISTRY = Symbol.for('sightline.keepalive')

export interface KeepaliveBudget {
  /** Takes the bytes if they are left, all or nothing. */
  reserve(bytes: number): boolean
  release(bytes: number): void
}

/** `scope` is the document's global object, where other copies of this SDK find the same numbers. */
export function shareKeepaliveBudget(scope: object): KeepaliveBudget {
  const registry = scope as { [REGISTRY]?: { inFlightBytes: number } }
  const shared = (registry[REGISTRY] ??= { inFlightBytes: 0 })
  return {
    reserve(bytes) {
      if (shared.inFlightBytes + bytes > KEEPALIVE_BUDGET_BYTES) return false
      shared.inFlightBytes += bytes
      return true
    },
    release(bytes) {
      shared.inFlightBytes -= bytes
    },
  }
}
