// Starts the dashboard: takes a token out of the address before anything else can see it, then draws the page.
import { render } from 'preact'
import { App } from './app'
import { readShareOfAddress } from './share-fragment'
import { takeTokenFromAddress } from './token-fragment'

const token = takeTokenFromAddress(window.location, window.history)
const share = readShareOfAddress(window.location)
const root = document.getElementById('app')
const request = window.fetch.bind(window)
if (root !== null) render(<App request={request} base={document.baseURI} token={token} share={share} />, root)

// A link that is pasted over another one changes nothing but the fragment, which loads nothing by itself.
window.addEventListener('hashchange', () => {
  if (readShareOfAddress(window.location) !== share) window.location.reload()
})
