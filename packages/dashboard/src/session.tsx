// Who reads, and what every page needs of it: the door to the collector, and the way out.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Who } from '@sightline/collector/trust'
import type { PageName, Selection, SiteTime } from './selection'
import type { Client } from './stats-client'

export interface Session {
  client: Client
  who: Who
  /** Called with a sentence when the collector no longer accepts the token, with `null` when the reader leaves. */
  signOut(reason: string | null): void
  /** Grows when the reader asks for fresh numbers. */
  refreshes: number
  refresh(): void
  /** When the answer on screen was made, and the site's time zone: by both it is known which day it is there. */
  siteTime: { current: SiteTime | null }
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('useSession() expected to be called below a signed-in page.')
  return session
}

/** Pages that someone may open. */
export function pagesFor({ role, share }: Who): PageName[] {
  if (role === 'share') return [share?.content ? 'content' : 'overview']
  if (role === 'admin') return ['overview', 'content', 'feed', 'viewers', 'live', 'trust']
  return role === 'moderator' ? ['overview', 'content', 'feed', 'viewers', 'live'] : ['content']
}

/** Whether someone may follow a link to this. A shared content is the only one there is. */
export function mayFollow(who: Who, { page, content }: Partial<Selection>): boolean {
  if (page !== undefined && !pagesFor(who).includes(page)) return false
  return content === undefined || !who.share?.content
}
