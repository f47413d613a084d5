import { afterEach, describe, expect, test, vi } from 'vitest'
import { sourceFromReferrer, type SourceRules } from '../src/index'

const rules: SourceRules = {
  search: ['/search', 'google.com'],
  profile: /^\/people\/\w+$/,
  newsletter: /[?&]utm_medium=email\b/,
  explore: '/explore/',
}

const own = (path: string) => new URL(path, location.href).href

function comeFrom(referrer: string) {
  vi.spyOn(document, 'referrer', 'get').mockReturnValue(referrer)
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('where the visitor came from', () => {
  test.each([
    ['a path of the own site', own('/search?q=cats'), 'search'],
    ['a path below it', own('/explore/trending'), 'explore'],
    ['the path without its last slash', own('/explore'), 'explore'],
    ['a host', 'https://google.com/', 'search'],
    ['a subdomain of it', 'https://www.google.com/search', 'search'],
    ['a pattern of a path', own('/people/ada'), 'profile'],
    ['a pattern of the query', own('/?utm_medium=email'), 'newsletter'],
    ['a pattern of an address elsewhere', 'https://mail.example/read?utm_medium=email', 'newsletter'],
  ])('is named by %s', (_what, referrer, name) => {
    comeFrom(referrer)
    expect(sourceFromReferrer(rules)).toBe(name)
  })

  test.each([
    ['another page of the own site', own('/searching'), 'internal'],
    ['another site', 'https://elsewhere.example/people/ada', 'referral'],
    ['a host that only ends alike', 'https://notgoogle.com/', 'referral'],
    ['nothing that the browser tells', '', 'direct'],
    ['something that is no address', 'http://', 'direct'],
  ])('has a name of ours for %s', (_what, referrer, name) => {
    comeFrom(referrer)
    expect(sourceFromReferrer(rules)).toBe(name)
  })

  test('is an embedding page in a frame, also of the own site, unless a rule names it', () => {
    vi.stubGlobal('parent', {})
    comeFrom('https://blog.example/post')
    expect(sourceFromReferrer(rules)).toBe('embed')
    expect(sourceFromReferrer({ blog: 'blog.example' })).toBe('blog')
    comeFrom(own('/welcome'))
    expect(sourceFromReferrer(rules)).toBe('embed')
    comeFrom(own('/search'))
    expect(sourceFromReferrer(rules)).toBe('search')
    comeFrom('')
    expect(sourceFromReferrer(rules)).toBe('embed')
  })

  test('is the route before, where a router says so', () => {
    comeFrom('https://google.com/')
    expect(sourceFromReferrer(rules, '/people/ada')).toBe('profile')
    expect(sourceFromReferrer(rules, '')).toBe('direct')
  })

  test('is the first of several rules, also by a pattern that remembers where it stopped', () => {
    comeFrom(own('/search'))
    const pattern = /search/g
    expect([1, 2, 3].map(() => sourceFromReferrer({ one: pattern, two: '/search' }))).toEqual(['one', 'one', 'one'])
  })

  test('never throws, whatever the rules are', () => {
    comeFrom(own('/search'))
    const wrong = [null, undefined, 7, { a: null, b: 7, search: '/search' }] as unknown as SourceRules[]
    expect(wrong.map((each) => sourceFromReferrer(each))).toEqual(['internal', 'internal', 'internal', 'search'])
  })

  test('is direct on a server', () => {
    vi.stubGlobal('document', undefined)
    expect(sourceFromReferrer(rules)).toBe('direct')
  })
})
