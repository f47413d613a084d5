// What the dashboard is told about share links. Types only.
import type { ContentRef } from '@sightline/sdk/wire'

/** A link that shows one page, read-only, to whoever has it. */
export interface Share {
  /** Names the link when it is revoked; opens nothing. */
  id: string
  scope: 'overview' | 'content'
  /** The content whose page it is; `null` for the overview. */
  content: ContentRef | null
  /** What its maker called it. */
  name: string | null
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601; `null` when it is open until somebody revokes it. */
  expiresAt: string | null
  revokedAt: string | null
}

/** `POST /v1/shares` */
export interface MadeShare extends Share {
  /** Told only here: the dashboard's address with `#share=<token>` behind it is the link. */
  token: string
}

/** `GET /v1/shares` */
export interface ShareList {
  /** Newest first. Links that have ended are told for 30 days more. */
  shares: Share[]
}
