// From data attributes to values: the tracker's options on the script, the subject of an event on any element.
import { defaultOptions, type TrackerOptions } from '../options'
import type { Subject } from '../subject'

/**
 * Reads every option that fits into an attribute: `data-flush-interval-ms="2000"`, `data-auto-page="false"`. Attributes
 * of other names belong to others and are left alone. A value that cannot be read goes on as it is, so that
 * `createTracker()` can say what it expected.
 */
export function readOptions(script: HTMLOrSVGScriptElement, pageUrl: string): TrackerOptions {
  const { dataset } = script
  const home = 'src' in script && script.src ? script.src : pageUrl
  const options: Record<string, unknown> = {
    endpoint: dataset.endpoint ? new URL(dataset.endpoint, pageUrl).href : new URL(home).origin,
  }
  for (const [name, byDefault] of Object.entries(defaultOptions)) {
    const value = dataset[name]
    if (value !== undefined && typeof byDefault !== 'object') options[name] = read(value, byDefault)
  }
  return options as unknown as TrackerOptions
}

function read(value: string, byDefault: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true'
  if (typeof byDefault === 'boolean' && value === '') return true
  return typeof byDefault === 'number' && value.trim() && Number.isFinite(Number(value)) ? Number(value) : value
}

/** Reads `data-sightline="post:42"` style: the type ends at the first colon, the id may contain more of them. */
export function readSubject(element: Element, named: string | null): Subject | undefined {
  const [, type, id] = /^([^:]+):([^]+)$/.exec(named ?? '') ?? []
  if (!type || !id) return undefined
  const position = element.getAttribute('data-sightline-position')
  return {
    content: { type, id },
    source: element.getAttribute('data-sightline-source') ?? undefined,
    position: position !== null && /^\d+$/.test(position) ? Number(position) : undefined,
  }
}
