import { beforeEach, expect, test } from 'vitest'
import { takeTokenFromAddress } from '../src/token-fragment'

beforeEach(() => window.history.replaceState(null, '', '/'))

test('takes the token out of the fragment and leaves the rest of the address', () => {
  window.history.replaceState(null, '', '/?days=30#token=secret-42')
  expect(takeTokenFromAddress(window.location, window.history)).toBe('secret-42')
  expect(window.location.href).toBe('http://site.test/?days=30')
})

test('gives the token once', () => {
  window.history.replaceState(null, '', '/#token=secret-42')
  takeTokenFromAddress(window.location, window.history)
  expect(takeTokenFromAddress(window.location, window.history)).toBeNull()
})

test('leaves a fragment alone that holds no token', () => {
  window.history.replaceState(null, '', '/#top')
  expect(takeTokenFromAddress(window.location, window.history)).toBeNull()
  expect(window.location.hash).toBe('#top')
})

test('treats an empty token as none', () => {
  window.history.replaceState(null, '', '/#token=')
  expect(takeTokenFromAddress(window.location, window.history)).toBeNull()
  expect(window.location.hash).toBe('')
})
