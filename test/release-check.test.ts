// A package that does not name its repository is not published; one command names it in all of them.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from './support/source-files'

const ADDRESS = 'https://github.com/somebody/sightline'
const published = ['sdk', 'react', 'vue', 'collector']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-release-check-'))
  for (const name of published) cpSync(manifestIn(root, name), manifestIn(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const manifestIn = (place: string, name: string) => join(place, 'packages', name, 'package.json')

function runIn(env: Record<string, string>, ...args: string[]) {
  const { GITHUB_REPOSITORY: _of, GITHUB_SERVER_URL: _the, ...others } = process.env
  const script = join(root, 'scripts/release-check.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args, folder], {
    encoding: 'utf8',
    env: { ...others, ...env },
  })
  return { status, said: stdout + stderr }
}

const run = (...args: string[]) => runIn({}, ...args)

test('says of each package that its repository is missing, and how to name it', () => {
  for (const name of published) {
    const path = manifestIn(folder, name)
    const { repository: _named, ...others } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    writeFileSync(path, JSON.stringify(others))
  }
  const { status, said } = run()
  expect(status).toBe(1)
  for (const name of published) expect(said).toContain(`packages/${name}/package.json: expected "repository"`)
  expect(said).toContain('--repository https://github.com/<owner>/<name>')
})

test('writes repository, homepage and bugs into every package, and nothing else', () => {
  expect(run('--repository', `${ADDRESS}.git`)).toMatchObject({ status: 0 })
  for (const name of published) {
    const [before, after] = [root, folder].map(
      (place) => JSON.parse(readFileSync(manifestIn(place, name), 'utf8')) as Record<string, unknown>,
    )
    expect(after).toEqual({
      ...before,
      homepage: `${ADDRESS}#readme`,
      bugs: { url: `${ADDRESS}/issues` },
      repository: { type: 'git', url: `git+${ADDRESS}.git`, directory: `packages/${name}` },
    })
  }
  expect(run()).toMatchObject({ status: 0 })
})

test('refuses another repository than the one that publishes', () => {
  run('--repository', ADDRESS)
  expect(runIn({ GITHUB_REPOSITORY: 'Somebody/Sightline' }).status).toBe(0)
  const { status, said } = runIn({ GITHUB_REPOSITORY: 'somebody-else/sightline' })
  expect(status).toBe(1)
  expect(said).toContain(`to be https://github.com/somebody-else/sightline, where this runs, got ${ADDRESS}`)
})

test.each(['sightline', 'https://github.com/', 'git@github.com:somebody/sightline.git'])(
  'refuses %s as an address',
  (address) => {
    expect(run('--repository', address)).toEqual({ status: 2, said: expect.stringContaining(`got "${address}"`) })
  },
)

test('nothing is published before it has passed', () => {
  const workflow = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8')
  const [checked, publishes] = ['run: node scripts/release-check.mjs\n', 'publish --access public'].map((step) =>
    workflow.indexOf(step),
  )
  expect(checked).toBeGreaterThan(0)
  expect(checked).toBeLessThan(publishes!)
})
