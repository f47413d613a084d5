import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { createTracker, defaultOptions } from '../src/index'
import { resolveOptions, type TrackerOptions, trackerRules } from '../src/options'
import { useFakePage } from './support/fake-page'

const world = useFakePage()
const endpoint = 'https://collect.test'
const mistake = (options: unknown) => {
  try {
    resolveOptions(options as TrackerOptions, trackerRules(), defaultOptions)
    return 'none'
  } catch (error) {
    return (error as Error).message
  }
}

/** A default as the documentation writes it. */
const read = (text: string) =>
  /^[\d_.]+$/.test(text) ? Number(text.replaceAll('_', '')) : JSON.parse(text.replaceAll("'", '"'))

describe('createTracker() refuses', () => {
  test.each<[object, string]>([
    [
      { flushIntervalMs: '5s' },
      'createTracker(): expected flushIntervalMs to be a number of milliseconds from 0 up, got "5s" (string).',
    ],
    [{ maxBatchEvents: 0 }, 'createTracker(): expected maxBatchEvents to be a number from 1 to 100, got 0 (number).'],
    [
      { maxBatchBytes: 70_000 },
      'createTracker(): expected maxBatchBytes to be a number of bytes from 1024 to 60000, got 70000 (number).',
    ],
    [{ threshold: 50 }, 'createTracker(): expected threshold to be a number from 0 to 1, got 50 (number).'],
    [
      { minDurationMs: Number.POSITIVE_INFINITY },
      'createTracker(): expected minDurationMs to be a number of milliseconds from 0 up, got Infinity (number).',
    ],
    [
      { consent: 'yes' },
      'createTracker(): expected consent to be "pending" or "granted" or "denied", got "yes" (string).',
    ],
    [{ autoPage: null }, 'createTracker(): expected autoPage to be true or false or "path+search", got null (object).'],
    [
      { dedupe: { windowMs: -1 } },
      'createTracker(): expected dedupe to be "session" or "page" or { windowMs } or false, got [object Object] (object).',
    ],
    [
      { insets: { top: '64px' } },
      'createTracker(): expected insets to be pixels from 0 up for any of top, right, bottom and left, got [object Object] (object).',
    ],
    [{ sampleRate: 50 }, 'createTracker(): expected sampleRate to be a number from 0 to 1, got 50 (number).'],
    [
      { storage: { get: () => null } },
      'createTracker(): expected storage to be "localStorage" or "memory" or { get, set, remove, keys }, got [object Object] (object).',
    ],
    [{ storage: null }, expect.stringContaining('expected storage to be') as never],
    [{ transport: {} }, 'createTracker(): expected transport to be { send }, got [object Object] (object).'],
    [{ token: 'secret' }, 'createTracker(): expected token to be a function, got "secret" (string).'],
    [{ beforeSend: true }, 'createTracker(): expected beforeSend to be a function, got true (boolean).'],
    [
      { endpoint: 'collect.test' },
      'createTracker(): expected endpoint to be an address such as https://collect.example.com or /collect, got "collect.test" (string).',
    ],
    [
      { flushInterval: 3 },
      `createTracker(): expected one of the options ${Object.keys(trackerRules()).join(', ')}, got flushInterval.`,
    ],
    [{ constructor: 1 }, expect.stringContaining('got constructor') as never],
  ])('%j', (wrong, sentence) => {
    expect(mistake({ endpoint, ...wrong })).toEqual(sentence)
  })

  test('a call without an endpoint', () => {
    expect(mistake({})).toContain('expected endpoint to be')
    expect(mistake(undefined)).toContain('expected endpoint to be')
  })

  test('at once and with a TypeError', () => {
    expect(() => createTracker({ endpoint: '' })).toThrow(TypeError)
  })
})

describe('options', () => {
  test.each(['https://collect.test', 'http://127.0.0.1:8080/base/', '/collect'])(
    'take %s as an endpoint',
    (address) => {
      expect(mistake({ endpoint: address })).toBe('none')
    },
  )

  test('that are undefined are the defaults', () => {
    expect(resolveOptions<TrackerOptions>({ endpoint, threshold: undefined }, trackerRules(), defaultOptions)).toEqual({
      endpoint,
      ...defaultOptions,
    })
  })

  test('say their default in their documentation', () => {
    const source = readFileSync(resolve(import.meta.dirname, '../src/options.ts'), 'utf8')
    const documented = [...source.matchAll(/@default ([^\n*]+?)\s*\*\/\s*(\w+)\?:/g)].map(([, value, name]) => [
      name,
      value,
    ])
    const values: Record<string, string> = Object.fromEntries(documented.filter(([, value]) => value !== 'none'))
    const expected = Object.entries(defaultOptions).map(([name, value]) => [name, value])
    expect(Object.entries(values).map(([name, text]) => [name, read(text)])).toEqual(expected)
    expect(documented).toHaveLength([...source.matchAll(/^ {2}\w+\?: .* \| undefined$/gm)].length)
  })
})

describe('a wrong wish later on', () => {
  test('throws nothing and says why on console.debug', () => {
    const said = vi.spyOn(console, 'debug').mockImplementation(() => {})
    const { page } = world
    const tracker = page.start({ debug: true })
    const card = page.add()
    const post = { content: { type: 'post', id: '1' } }
    tracker.observe(card, post, { threshold: 50 })()
    tracker.observe(null as never, post)()
    tracker.observe(card, { content: { type: 'post' } } as never)()
    tracker.observe(card, () => {
      throw new Error('not yet')
    })()
    tracker.setConsent('yes' as never)
    tracker.track('Not A Type')
    const sentences = said.mock.calls.map(([sentence]) => String(sentence))
    expect(sentences).toEqual([
      'Sightline: observe() does nothing: expected threshold to be a number from 0 to 1, got 50 (number).',
      'Sightline: observe() does nothing: expected an element.',
      'Sightline: observe() does nothing: expected content such as { type: "post", id: "42" }.',
      'Sightline: This failed: Error: not yet.',
      'Sightline: observe() does nothing: expected content such as { type: "post", id: "42" }.',
      'Sightline: setConsent() does nothing: expected consent to be "pending" or "granted" or "denied", got "yes" (string).',
      'Sightline: "Not A Type" is dropped: expected a type such as "sign_up".',
      'Sightline: 1 event(s) are dropped as invalid.',
    ])
    said.mockRestore()
  })

  test('is silent without debug', () => {
    const said = vi.spyOn(console, 'debug').mockImplementation(() => {})
    world.page.start().track('Not A Type')
    expect(said).not.toHaveBeenCalled()
    said.mockRestore()
  })
})
