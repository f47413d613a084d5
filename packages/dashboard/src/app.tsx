// Either the sign-in or the page that the address names. A token lives here, in memory only, unless it is kept in a cookie.
import type { Who } from '@sightline/collector/trust'
import type { ComponentType } from 'preact'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ContentPage } from './content-page'
import { FeedPage } from './feed-page'
import { Frame } from './frame'
import { noteKeptRole, readKeptRole } from './kept-role'
import { LivePage } from './live-page'
import { LoadingNotice } from './notices'
import { OverviewPage } from './overview-page'
import { pinNavigation } from './pin-navigation'
import type { PageName, SiteTime } from './selection'
import { pagesFor, SessionContext, type Session } from './session'
import { SharedEnd } from './shared-end'
import { SignIn } from './sign-in'
import { createClient, StatsFailure, type Client } from './stats-client'
import { TrustPage } from './trust-page'
import { NavigationContext, useSelection } from './use-selection'
import { ViewersPage } from './viewers-page'

const pageOf: Record<PageName, ComponentType> = {
  overview: OverviewPage,
  content: ContentPage,
  feed: FeedPage,
  viewers: ViewersPage,
  live: LivePage,
  trust: TrustPage,
}

interface AppProps {
  request: typeof fetch
  /** Address of this page. */
  base: string
  /** From the address, if it had one. */
  token: string | null
  /** Token of the shared link that this address is, if it is one. */
  share?: string | null
}

type State =
  { is: 'asking' } | { is: 'out'; reason: string | null; mayRetry: boolean } | { is: 'in'; client: Client; who: Who }

/**
 * Who it will turn out to be, so that the first numbers need not wait for the collector to say it. A wrong guess opens nothing:
 * every question is answered by what the token may read.
 */
function guessWho(token: string | null): Who | null {
  // A token of the site names its reader where only the collector reads it.
  const role = token === null ? readKeptRole() : token.includes('.') ? null : 'admin'
  return role && { role, userId: null, isKept: token === null }
}

/** Nobody is signed in, for this reason. */
const out = (reason: string | null, mayRetry = false): State => ({ is: 'out', reason, mayRetry })

export function App({ request, base, token, share = null }: AppProps) {
  const given = share ?? token
  const [state, setState] = useState<State>({ is: 'asking' })
  const entries = useRef(0)

  const enter = useCallback(
    async (token: string | null, isKept: boolean, guess: Who | null = null) => {
      const entry = ++entries.current
      const client = createClient(request, base, token)
      setState(guess === null ? { is: 'asking' } : { is: 'in', client, who: guess })
      const settle = (next: State) => {
        // Whoever left meanwhile stays out.
        if (entry === entries.current) setState(next)
      }
      try {
        const who = await client.ask<Who>('session', { method: isKept ? 'POST' : 'GET' })
        if (share === null) noteKeptRole(who)
        if (who.role === 'none') return settle(out(null))
        // Any other token behind `#share=` was put there by mistake.
        if (share !== null && who.role !== 'share') return settle(out('This is not a share link. Ask for another one.'))
        settle({ is: 'in', who, client: who.isKept && guess === null ? createClient(request, base, null) : client })
      } catch (error) {
        if (!(error instanceof StatsFailure)) return settle(out('The answer of the collector could not be read.'))
        const { kind, message, said } = error
        if (share !== null) return settle(out(said ?? message, kind === 'unavailable'))
        if (kind === 'signed_out') noteKeptRole({ role: 'none', isKept: false })
        settle(out(message))
      }
    },
    [request, base, share],
  )

  useEffect(() => void enter(given, false, share === null ? guessWho(given) : null), [given, share, enter])

  const leave = useCallback(
    (reason: string | null) => {
      // The link was shut: its own answer says how.
      if (share !== null) return void enter(share, false)
      entries.current++
      noteKeptRole({ role: 'none', isKept: false })
      // The cookie goes too; a collector that is away keeps it until it runs out, which the next visit shows.
      createClient(request, base, null)
        .open('session', { method: 'DELETE' })
        .catch(() => {})
      setState(out(reason))
    },
    [request, base, share, enter],
  )

  if (state.is === 'in') return <SignedIn client={state.client} who={state.who} onLeave={leave} />
  if (state.is === 'out' && share !== null) {
    const retry = state.mayRetry ? () => void enter(share, false) : undefined
    return <SharedEnd reason={state.reason ?? ''} onRetry={retry} />
  }
  if (state.is === 'asking' && (given === null || share !== null))
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
  const siteTime = useRef<SiteTime | null>(null)
  const session = useMemo(
    (): Session => ({
      client,
      who,
      signOut: onLeave,
      refreshes,
      refresh: () => setRefreshes((count) => count + 1),
      siteTime,
    }),
    [client, who, onLeave, refreshes],
  )
  const mayOpen = pagesFor(who)
  const asked = navigation.selection.page
  const page = mayOpen.includes(asked) ? asked : (mayOpen[0] ?? 'content')
  const allowed = useMemo(() => {
    if (who.share !== undefined) return pinNavigation(navigation, { page, content: who.share.content })
    return page === asked ? navigation : { ...navigation, selection: { ...navigation.selection, page } }
  }, [navigation, page, asked, who])
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
