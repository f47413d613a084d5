// Either the sign-in or the page that the address names. A token lives here, in memory only, unless it is kept in a cookie.
import type { Who } from '@sightline/collector/trust'
import type { ComponentType } from 'preact'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ContentPage } from './content-page'
import { FeedPage } from './feed-page'
import { Frame } from './frame'
import { LivePage } from './live-page'
import { LoadingNotice } from './notices'
import { OverviewPage } from './overview-page'
import type { DayRange, PageName } from './selection'
import { pagesFor, SessionContext, type Session } from './session'
import { SignIn } from './sign-in'
import { createClient, StatsFailure, type Client } from './stats-client'
import { TrustPage } from './trust-page'
import { NavigationContext, useSelection } from './use-selection'

const pageOf: Record<PageName, ComponentType> = {
  overview: OverviewPage,
  content: ContentPage,
  feed: FeedPage,
  live: LivePage,
  trust: TrustPage,
}

interface AppProps {
  request: typeof fetch
  /** Address of this page. */
  base: string
  /** From the address, if it had one. */
  token: string | null
}

type State = { is: 'asking' } | { is: 'out'; reason: string | null } | { is: 'in'; client: Client; who: Who }

export function App({ request, base, token: given }: AppProps) {
  const [state, setState] = useState<State>({ is: 'asking' })

  const enter = useCallback(
    async (token: string | null, isKept: boolean) => {
      setState({ is: 'asking' })
      try {
        const asked = createClient(request, base, token)
        const who = await asked.ask<Who>('session', { method: isKept ? 'POST' : 'GET' })
        if (who.role === 'none') return setState({ is: 'out', reason: null })
        setState({ is: 'in', who, client: who.isKept ? createClient(request, base, null) : asked })
      } catch (error) {
        const isOver = token === null && error instanceof StatsFailure && error.kind === 'signed_out'
        const reason = error instanceof StatsFailure ? error.message : 'The answer of the collector could not be read.'
        setState({ is: 'out', reason: isOver ? 'You were signed out. Sign in again.' : reason })
      }
    },
    [request, base],
  )

  useEffect(() => void enter(given, false), [given, enter])

  const leave = useCallback(
    (reason: string | null) => {
      // The cookie goes too; a collector that is away keeps it until it runs out, which the next visit shows.
      createClient(request, base, null)
        .open('session', { method: 'DELETE' })
        .catch(() => {})
      setState({ is: 'out', reason })
    },
    [request, base],
  )

  if (state.is === 'in') return <SignedIn client={state.client} who={state.who} onLeave={leave} />
  if (state.is === 'asking' && given === null)
    return (
      <div class="page">
        <main aria-busy>
          <LoadingNotice />
        </main>
      </div>
    )
  return (
    <SignIn
      reason={state.is === 'out' ? state.reason : null}
      isBusy={state.is === 'asking'}
      onToken={(token, isKept) => void enter(token, isKept)}
    />
  )
}

function SignedIn({ client, who, onLeave }: { client: Client; who: Who; onLeave(reason: string | null): void }) {
  const navigation = useSelection()
  const [refreshes, setRefreshes] = useState(0)
  const shownRange = useRef<DayRange | null>(null)
  const session = useMemo(
    (): Session => ({
      client,
      who,
      signOut: onLeave,
      refreshes,
      refresh: () => setRefreshes((count) => count + 1),
      shownRange,
    }),
    [client, who, onLeave, refreshes],
  )
  const mayOpen = pagesFor(who)
  const asked = navigation.selection.page
  const page = mayOpen.includes(asked) ? asked : (mayOpen[0] ?? 'content')
  const allowed = useMemo(
    () => (page === asked ? navigation : { ...navigation, selection: { ...navigation.selection, page } }),
    [navigation, page, asked],
  )
  const Page = pageOf[page]

  return (
    <SessionContext.Provider value={session}>
      <NavigationContext.Provider value={allowed}>
        <Frame>
          <Page key={page} />
        </Frame>
      </NavigationContext.Provider>
    </SessionContext.Provider>
  )
}
