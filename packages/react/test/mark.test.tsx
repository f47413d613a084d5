// What a server component says by attributes is what the script tag reads.
import { renderToStaticMarkup } from 'react-dom/server'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSubject } from '../../sdk/src/script-tag/attributes'
import { mark } from '../src/server'

function readBack(markup: string) {
  document.body.innerHTML = markup
  const element = document.body.firstElementChild!
  return readSubject(element, element.getAttribute('data-sightline'))
}

test('the script tag reads the subject that was marked', () => {
  const subject = { content: { type: 'post', id: 'a:b "c"' }, source: 'feed', position: 0 }
  expect(readBack(renderToStaticMarkup(<article {...mark(subject)} />))).toMatchObject(subject)
})

test('what is not said has no attribute', () => {
  const markup = renderToStaticMarkup(<article {...mark({ content: { type: 'post', id: 42 } })} />)
  expect(markup).toBe('<article data-sightline="post:42"></article>')
})

test('attributes cannot say metadata', () => {
  // @ts-expect-error metadata travels with <Impression> only
  expect(Object.keys(mark({ content: { type: 'post', id: 42 }, metadata: { plan: 'team' } }))).not.toContain('metadata')
})

test('it stays on the server: the file has no directive and imports nothing that runs', () => {
  const code = readFileSync(join(import.meta.dirname, '../src/server.ts'), 'utf8')
  expect(code).not.toMatch(/use client|import (?!type)/)
})
