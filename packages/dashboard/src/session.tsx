// Who reads, and what every page needs of it: the door to the collector, and the way out.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Who } from '@sightline/collector/trust'
import type { DayRange, PageName } from './selection'
import type { Client } from './stats-client'

export interface Session {
  client: Client
  who: Who
  /** Called with a sentence when the collector no longer accepts the token, with `null` when the reader leaves. */
  signOut(reason: string | null): void
  /** Grows when the reader asks for fresh numbers. */
  refreshes: number
  refresh(): void
  /** Days of the answer on screen, for the buttons that go back and forth. */
  shownRange: { current: DayRange | null }
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('useSession() expected to be called below a signed-in page.')
  return session
}

/** Pages that someone may open. */
export function pagesFor({ role }: Who): PageName[] {
  if (role === 'admin') return ['overview', 'content', 'feed', 'live', 'trust']
  return role === 'moderator' ? ['overview', 'content', 'feed', 'live'] : ['content']
}
