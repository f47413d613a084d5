// Every command explains itself with examples, and every example is a call that the command takes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helpText } from '../src/commands/help'
import { runCli } from './support/collector-process'

/** Commands of the overview, as users find them. */
const commands = [...helpText().matchAll(/^ {2}([a-z-]+) {2,}\S/gm)]
  .map(([, name = '']) => name)
  .filter((name) => name !== 'help')

/** `[command, example]` for every line of an example. */
const examples = commands.flatMap((command) => {
  const text = helpText(command).split('\n\nFlags')[0] ?? ''
  const lines = text.split('\n').map((line) => line.replace(/^Example: /, '').trim())
  return lines.filter((line) => /^([A-Z_]+=\S+ |.*\| )*sightline /.test(line)).map((line) => [command, line] as const)
})

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-help-'))
  await writeFile(join(dir, 'events.ndjson'), '')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test.each(commands)('%s has an example', (command) => {
  expect(examples.map(([name]) => name)).toContain(command)
})

describe('with a database that is not there, the example gets past its arguments:', () => {
  // What runs until it is stopped, or in place of its arguments; the tests of demo and of start run those.
  const finite = examples.filter(
    ([command, line]) => command !== 'demo' && !(command === 'start' && !line.includes('--print')),
  )

  test.each(finite)('%s: %s', async (_command, line) => {
    const words = (line.split('sightline ').at(-1) ?? '').replace(/ > \S+$/, '').split(' ')
    // The last one wins: the example's own database is not there either.
    const nowhere = words.some((word) => word === '--to' || word.startsWith('--data-dir'))
      ? { DATA_DIR: dir }
      : { DATABASE_URL: 'postgres://x@127.0.0.1:1/none' }
    const { ended, output } = runCli(words, nowhere, dir)
    expect([await ended, output()]).not.toEqual([2, expect.anything()])
    expect(output()).not.toMatch(/unknown argument|expected one of/)
  })
})

test.each([
  [['strat'], 'there is no command "strat". Did you mean "start"?'],
  [['constructor'], 'there is no command "constructor".'],
  [['start', '--prot', '80'], 'unknown argument "--prot". Did you mean --port?'],
  [['migrate', '--dryrun'], 'unknown argument "--dryrun".'],
])('%j is a wrong call, and says what may have been meant', async (argv, sentence) => {
  const { ended, output } = runCli(argv)
  expect([await ended, output()]).toEqual([2, expect.stringContaining(sentence)])
})

test('migrate --list and --dry-run change nothing, and migrate does what they said', async () => {
  const env = { DATA_DIR: join(dir, 'data') }
  const run = async (...argv: string[]) => {
    const { ended, output } = runCli(['migrate', ...argv], env)
    expect(await ended).toBe(0)
    return output()
  }
  const { wouldRun } = JSON.parse(await run('--dry-run', '--json')) as { wouldRun: string[] }
  expect(wouldRun.length).toBeGreaterThan(1)
  expect(await run('--list')).toMatch(/^(\S+ +not yet\n)+$/)
  expect(JSON.parse(await run('--json'))).toEqual({ ran: wouldRun })
  const listed = JSON.parse(await run('--list', '--json')) as { name: string; ranAt: string | null }[]
  expect(listed.map(({ name, ranAt }) => [name, ranAt !== null])).toEqual(wouldRun.map((name) => [name, true]))
  expect(await run('--dry-run')).toBe('The tables are up to date.\n')
  expect(await run('--quiet')).toBe('')
})
