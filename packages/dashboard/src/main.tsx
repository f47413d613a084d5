// Starts the dashboard: takes a token out of the address before anything else can see it, then draws the page.
import { render } from 'preact'
import { App } from './app'
import { takeTokenFromAddress } from './token-fragment'

const token = takeTokenFromAddress(window.location, window.history)
const root = document.getElementById('app')
const request = window.fetch.bind(window)
if (root !== null) render(<App request={request} base={document.baseURI} token={token} />, root)
