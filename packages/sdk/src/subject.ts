// What a caller names: the content, where it is shown, and how often it may count as seen.
import { CONTENT_TYPE_PATTERN, type ContentRef, wireLimits } from './wire'

/** A thing that can be seen: `{ type: 'post', id: 42 }`. */
export interface Content {
  /** A letter, then at most 63 letters, digits, `_`, `-` or `.`. */
  type: string
  /** Your own id, at most 2,048 characters. A number is sent as a string. */
  id: string | number
}

/** What is observed. Everything but `content` may change at any time; it is read when an event is made. */
export interface Subject {
  /** The thing itself; it stays the same for the life of an observation. */
  content: Content
  /** Where in the product it is shown: `feed`, `search`, `profile` … */
  source?: string | undefined
  /** 0-based place in the list named by `source`. */
  position?: number | undefined
  /** How it came on screen: `intentional`, `listing`, `search`, `widget` … */
  viewType?: string | undefined
  /** Anything of your own that JSON can say. */
  metadata?: object | undefined
}

/**
 * How often one content may count as seen: once per browser `session` (survives a reload), once per `page` view, once
 * in any `windowMs` milliseconds, or with `false` each time it comes on screen.
 */
export type Dedupe = 'session' | 'page' | { windowMs: number } | false

/** The content as it travels, or nothing when it is not one that the collector takes. */
export function readContent(content: unknown): ContentRef | undefined {
  const { type, id } = Object(content) as { type?: unknown; id?: unknown }
  const text = Number.isFinite(id) ? String(id) : id
  if (typeof type !== 'string' || !CONTENT_TYPE_PATTERN.test(type) || typeof text !== 'string') return undefined
  return text && text.length <= wireLimits.maxContentIdLength ? { type, id: text } : undefined
}

/** Identity of a content. A type holds no colon, so no two contents share a key. */
export function contentKey({ type, id }: ContentRef): string {
  return `${type}:${id}`
}
