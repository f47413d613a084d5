// Many questions become few queries, and no answer outlives what it was told.
import { beforeEach, expect, test } from 'vitest'
import { createKeyedLookup, type KeyedLookup } from '../src/keyed-lookup'

let now: number
let facts: Map<string, string>
let asked: string[][]
let answer: (() => void)[]
let lookup: KeyedLookup<string>

/** A database that answers when it is told to. */
const slow = (keys: readonly string[]) =>
  new Promise<Map<string, string>>((resolve) => {
    asked.push([...keys])
    const found = new Map([...facts].filter(([key]) => keys.includes(key)))
    answer.push(() => resolve(found))
  })

beforeEach(() => {
  now = 0
  facts = new Map([
    ['a', '1'],
    ['b', '2'],
  ])
  asked = []
  answer = []
  lookup = createKeyedLookup({ load: slow, ttlMs: 1_000, ttlOfNoneMs: 100, maxEntries: 3, now: () => now })
})

const find = async (...keys: string[]) => Object.fromEntries(await lookup.find(keys))
/** Answers what is asked now and what is asked because of that. */
async function answerAll(): Promise<void> {
  for (let next = answer.shift(); next; next = answer.shift()) {
    next()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
async function known(...keys: string[]): Promise<Record<string, string>> {
  const found = find(...keys)
  await answerAll()
  return found
}

test('asks once and remembers, also that there is nothing', async () => {
  expect(await known('a', 'x')).toEqual({ a: '1' })
  expect(await known('x', 'a')).toEqual({ a: '1' })
  expect(asked).toEqual([['a', 'x']])
})

test('asks again after the time for answers, and earlier where there was none', async () => {
  await known('a', 'x')
  now = 100
  await known('a', 'x')
  now = 1_000
  await known('a')
  expect(asked).toEqual([['a', 'x'], ['x'], ['a']])
})

test('while one question is on its way, all others become one', async () => {
  const found = [find('a'), find('b'), find('a', 'x'), find('b')]
  expect(asked).toEqual([['a']])
  await answerAll()
  expect(await Promise.all(found)).toEqual([{ a: '1' }, { b: '2' }, { a: '1' }, { b: '2' }])
  expect(asked).toEqual([['a'], ['b', 'a', 'x']])
})

test('forgets when it is told, also an answer that is on its way', async () => {
  await known('a')
  facts.set('a', 'new')
  lookup.forget(['a'])
  expect(await known('a')).toEqual({ a: 'new' })

  const early = find('b')
  facts.set('b', 'new')
  lookup.forget(['b'])
  await answerAll()
  expect(await early).toEqual({ b: '2' })
  expect(await known('b')).toEqual({ b: 'new' })
})

test('a failure is told to everyone who waits and is not remembered', async () => {
  let fails = true
  lookup = createKeyedLookup({
    load: async (keys) => {
      if (fails) throw new Error('away')
      return slow(keys)
    },
    ttlMs: 1_000,
    maxEntries: 3,
    now: () => now,
  })
  const results = await Promise.allSettled([find('a'), find('b')])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  fails = false
  expect(await known('a', 'b')).toEqual({ a: '1', b: '2' })
})

test('never remembers more than it may', async () => {
  await known('a', 'b', 'x', 'y')
  await known('a')
  expect(asked).toEqual([['a', 'b', 'x', 'y'], ['a']])
  await known('b', 'x', 'y')
  expect(asked.at(-1)).toEqual(['b'])
})
