// Asks for a token, and whether this browser may keep it in a cookie that no script can read.
import { useState } from 'preact/hooks'
import { Logo } from './logo'

interface SignInProps {
  reason: string | null
  isBusy: boolean
  onToken(token: string, isKept: boolean): void
}

export function SignIn({ reason, isBusy, onToken }: SignInProps) {
  const [text, setText] = useState('')
  const [isKept, setKept] = useState(false)

  const submit = (event: Event) => {
    event.preventDefault()
    const token = text.trim()
    if (token !== '') onToken(token, isKept)
  }

  return (
    <main class="sign-in" aria-busy={isBusy}>
      <form class="panel" onSubmit={submit}>
        <h1>
          <Logo /> Sightline
        </h1>
        <p id="token-help">
          Sign in with an admin token, or with your token of this site: moderators see everything, authors their own
          content. The collector printed an admin token once, at its first start; <code>sightline token create</code>{' '}
          makes another.
        </p>
        {reason !== null && (
          <p class="reason" role="alert">
            {reason}
          </p>
        )}
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          autofocus
          required
          aria-describedby="token-help"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <label class="check">
          <input type="checkbox" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} />
          <span>Keep me signed in here for 12 hours</span>
        </label>
        <button class="primary" type="submit" disabled={isBusy}>
          Sign in
        </button>
        <p class="quiet">
          {isKept
            ? 'The token is kept in a cookie that no script can read, until you sign out.'
            : 'The token stays in this tab’s memory. A reload asks for it again.'}
        </p>
      </form>
    </main>
  )
}
