// Bytes that may be on their way with keepalive: one budget for the document, shared by every tracker in it.

/**
 * Browsers refuse keepalive requests above 64 KiB in flight together, and give bytes back a little late. Measured in
 * Chromium, Firefox and WebKit: 65,536 pass, 65,537 do not.
 */
export const KEEPALIVE_BUDGET_BYTES = 60_000

const REGISTRY = Symbol.for('sightline.keepalive')

export interface KeepaliveBudget {
  inFlightBytes: number
}

/** `scope` is the document's global object, where other copies of this SDK find the same numbers. */
export function shareKeepaliveBudget(scope: object): KeepaliveBudget {
  const registry = scope as { [REGISTRY]?: KeepaliveBudget }
  return (registry[REGISTRY] ??= { inFlightBytes: 0 })
}
