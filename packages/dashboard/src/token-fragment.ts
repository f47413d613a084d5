// Takes an admin token out of the address (`#token=…`), once, and leaves no trace of it in the address bar or the history.

/** The token of the fragment, or `null`. The fragment is removed from the URL before this returns. */
export function takeTokenFromAddress(location: Location, history: History): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return null
  history.replaceState(history.state, '', location.pathname + location.search)
  return token === '' ? null : token
}
