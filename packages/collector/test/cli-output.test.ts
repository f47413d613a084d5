// What programs and scheduled tasks read of the command line: one JSON value with --json, nothing but what is wrong with --quiet.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from './support/collector-process'
import { createPostgresDatabase } from './support/databases'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-output-'))
  await run('migrate')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function run(...argv: string[]) {
  const { ended, output } = runCli(argv, { DATA_DIR: join(dir, 'data') })
  return { code: await ended, output: output() }
}

test.each([
  [['erase', '--user', '42'], { state: 'done', erased: { events: 0, recentViews: 0 } }],
  [['jobs', 'run', 'close-days'], { job: 'close-days', hasRun: true, closedDays: expect.any(Array) }],
  [['dead-letters', 'replay'], { stored: 0, duplicates: 0, refused: [] }],
  [['doctor'], { problems: 1, findings: expect.any(Array) }],
])('%j --json prints one JSON value', async (argv, wanted) => {
  const { output } = await run(...argv, '--json')
  expect(JSON.parse(output)).toMatchObject(wanted)
})

test.each([
  [['erase', '--user', '42']],
  [['jobs', 'run', 'close-days']],
  [['dead-letters', 'list']],
  [['dead-letters', 'replay']],
])('%j --quiet prints nothing when all is well', async (argv) => {
  expect(await run(...argv, '--quiet')).toEqual({ code: 0, output: '' })
})

test('doctor --quiet tells what is wrong, with its remedy, and nothing that is well', async () => {
  // No collector has run in this directory, so today has no partition.
  const { code, output } = await run('doctor', '--quiet')
  expect(code).toBe(1)
  expect(output).toMatch(/^FAIL {2}partitions[^]*→/m)
  expect(output).not.toMatch(/^ ok /m)
})

test('token revoke --json tells how many were revoked', async () => {
  await run('token', 'create', '--name', 'grafana', '--json')
  expect(await run('token', 'revoke', 'grafana', '--json')).toEqual({ code: 0, output: '{"revoked":1}\n' })
})

test('migrate --to --json tells the rows of every table', async () => {
  const { url, drop } = await createPostgresDatabase()
  try {
    const { code, output } = await run('migrate', '--to', url, '--json')
    expect([code, JSON.parse(output)]).toEqual([0, { copied: expect.objectContaining({ events: 0, content: 0 }) }])
  } finally {
    await drop()
  }
})
