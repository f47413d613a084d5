import { expect, test } from 'vitest'
import { linkOfShare, readShareOfAddress } from '../src/share-fragment'

test('a link shows what its maker had chosen, with the secret where no server sees it', () => {
  expect(linkOfShare('http://site.test/sightline/?days=30#token=mine', 'sightline_share_x')).toBe(
    'http://site.test/sightline/?days=30#share=sightline_share_x',
  )
})

test('the secret of a link is read, and stays in the address for a reload', () => {
  window.history.replaceState(null, '', '/?days=30#share=sightline_share_x')
  expect(readShareOfAddress(window.location)).toBe('sightline_share_x')
  expect(window.location.hash).toBe('#share=sightline_share_x')
})

test.each(['', '#top', '#share=', '#token=secret-42'])('there is none in "%s"', (hash) => {
  expect(readShareOfAddress({ hash })).toBeNull()
})
