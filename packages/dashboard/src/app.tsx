// Either the sign-in or the overview. The token lives here, in memory only: a reload forgets it.
import { useCallback, useState } from 'preact/hooks'
import { OverviewPage } from './overview-page'
import { SignIn } from './sign-in'
import type { LoadOverview } from './stats-client'

export function App({ load, token: given }: { load: LoadOverview; token: string | null }) {
  const [token, setToken] = useState(given)
  const [reason, setReason] = useState<string | null>(null)

  const signOut = useCallback((why: string | null) => {
    setToken(null)
    setReason(why)
  }, [])

  if (token === null) return <SignIn reason={reason} onToken={setToken} />
  return <OverviewPage load={load} token={token} onSignOut={signOut} />
}
