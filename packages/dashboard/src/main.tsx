// Entry: takes the token out of the address before anything else can see it, then draws the page.
import { render } from 'preact'
import { App } from './app'
import { createLoadOverview } from './stats-client'
import { takeTokenFromAddress } from './token-fragment'

const token = takeTokenFromAddress(window.location, window.history)
const load = createLoadOverview(window.fetch.bind(window), document.baseURI)
const root = document.getElementById('app')
if (root !== null) render(<App load={load} token={token} />, root)
