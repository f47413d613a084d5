// Asks for the admin token and hands it up; nothing is stored.
import { useState } from 'preact/hooks'
import { Logo } from './logo'

export function SignIn({ reason, onToken }: { reason: string | null; onToken(token: string): void }) {
  const [text, setText] = useState('')

  const submit = (event: Event) => {
    event.preventDefault()
    const token = text.trim()
    if (token !== '') onToken(token)
  }

  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>
          <Logo /> Sightline
        </h1>
        <p id="token-help">
          Sign in with the admin token. The collector printed it once, at its first start;{' '}
          <code>sightline token create</code> makes another.
        </p>
        {reason !== null && (
          <p class="reason" role="alert">
            {reason}
          </p>
        )}
        <label for="token">Admin token</label>
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
        <button class="primary" type="submit">
          Sign in
        </button>
        <p class="quiet">The token stays in this tab’s memory. A reload asks for it again.</p>
      </form>
    </main>
  )
}
