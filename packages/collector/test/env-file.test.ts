// Variables in a file stand behind those of the process; --print-config says which one decided.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readEnvironment } from '../src/env-file'
import { runCli } from './support/collector-process'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-env-'))
})
beforeEach(() => write('.env', 'PORT=9100\nTIMEZONE="Europe/Berlin"\nADMIN_TOKEN=\nOTHER=x\n'))
afterAll(() => rm(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFile(join(dir, name), text)

async function run(argv: string[], env: Record<string, string> = {}) {
  const { ended, output } = runCli(argv, env, dir)
  return { code: await ended, output: output() }
}

interface Row {
  value: string
  origin: string
}

const printed = async (argv: string[], env: Record<string, string> = {}) => {
  const { output } = await run(['start', '--print-config', '--json', ...argv], env)
  return JSON.parse(output) as Record<string, Row>
}

test('a flag wins over a variable, a variable over the file, the file over the default', async () => {
  const rows = await printed(['--raw-retention-days', '30'], { PORT: '9200' })
  expect([rows.RAW_RETENTION_DAYS, rows.PORT, rows.TIMEZONE, rows.HOST]).toMatchObject([
    { value: '30', origin: 'flag' },
    { value: '9200', origin: 'variable' },
    { value: 'Europe/Berlin', origin: '.env' },
    { value: '127.0.0.1', origin: 'default' },
  ])
  expect(rows.ADMIN_TOKEN).toMatchObject({ value: '', origin: 'default' })
})

test('--env-file names another file', async () => {
  await write('other.env', 'PORT=9300')
  const rows = await printed(['--env-file', 'other.env'])
  expect([rows.PORT, rows.TIMEZONE]).toMatchObject([
    { value: '9300', origin: 'other.env' },
    { value: 'UTC', origin: 'default' },
  ])
})

test('no secret is printed', async () => {
  const env = {
    JWT_SECRET: 'k3Jx9-Vq7Lm2Pz8Rt5Wb1Yc6Nd4Hf0Gs',
    ADMIN_TOKEN: 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y',
    DATABASE_URL: 'postgres://me:hunter2@db/x',
  }
  const { code, output } = await run(['start', '--print-config'], env)
  expect(code).toBe(0)
  expect(output).toMatch(/^JWT_SECRET +\(set\) +variable$/m)
  for (const secret of [env.JWT_SECRET, env.ADMIN_TOKEN, 'hunter2']) expect(output).not.toContain(secret)
})

test('mistakes in the file are told like those of the environment', async () => {
  await write('.env', 'PORT=x\nRAW_RETENTION_DAYS=forever')
  const { code, output } = await run(['start', '--print-config'])
  expect(code).toBe(78)
  expect(output.trimEnd().split('\n')).toHaveLength(2)
})

test('a name in the file that is nearly a setting is told', async () => {
  await write('.env', 'RAW_RETENTION_DAY=3\nSTRIPE_KEY=x')
  const { output } = await run(['start', '--print-config'])
  expect(output).toContain('.env has RAW_RETENTION_DAY, which is no setting. Did you mean RAW_RETENTION_DAYS?')
  expect(output).not.toContain('STRIPE_KEY')
})

test('a file that was asked for must be there', async () => {
  const { code, output } = await run(['start', '--env-file', 'missing.env'])
  // Some versions of Node look for this flag themselves, and end with 9 before this program begins.
  expect([78, 9]).toContain(code)
  expect(output).toContain('missing.env')
})

test('a file that cannot be read is a mistake of the configuration', () => {
  expect(() => readEnvironment(['--env-file=/nowhere/x.env'], {})).toThrow(
    'config: --env-file must be a file that can be read, got "/nowhere/x.env" (ENOENT).',
  )
})

test('without a file nothing changes', () => {
  const env = { PORT: '1' }
  expect(readEnvironment(['--port', '2'], env)).toMatchObject({ env, rest: ['--port', '2'], file: undefined })
})
