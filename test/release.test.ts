// What is released together says so: one version, one entry in the changelog, and a workflow that checks the tag against both.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { root } from './support/source-files'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const published = ['sdk', 'react', 'vue', 'collector']
const manifests = published.map(
  (name) => JSON.parse(read(`packages/${name}/package.json`)) as { version: string; license: string },
)

test('all published packages have one version, which the changelog tells', () => {
  const versions = [...new Set(manifests.map(({ version }) => version))]
  expect(versions).toHaveLength(1)
  expect(read('CHANGELOG.md')).toContain(`\n## ${versions[0]}\n`)
})

test('the release publishes exactly these packages, with provenance', () => {
  const workflow = read('.github/workflows/release.yml')
  const filters = [...workflow.matchAll(/--filter "\.\/packages\/(\w+)"/g)].map(([, name]) => name)
  expect(filters.toSorted()).toEqual(published.toSorted())
  expect(workflow).toContain(`for name in ${published.join(' ')};`)
  expect(workflow).toMatch(/id-token: write/)
  expect(workflow).toMatch(/NPM_CONFIG_PROVENANCE: 'true'/)
})

test('nothing is published that is not kept for later collectors to be held to', () => {
  const [check, publish] = ['run: node scripts/keep-bundle.mjs --check\n', 'publish --access public'].map((step) =>
    read('.github/workflows/release.yml').indexOf(step),
  )
  expect(check).toBeGreaterThan(0)
  expect(check).toBeLessThan(publish!)
})

test('the SDK tells the version that it is published with', () => {
  expect(read('packages/sdk/src/deliver/batch.ts')).toContain(`'web/${manifests[0]!.version}'`)
})

const waitingIn = (folder: string) =>
  readdirSync(join(folder, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md')
const release = (folder: string) =>
  execFileSync(process.execPath, [join(root, 'scripts/version.mjs'), folder], { encoding: 'utf8' })
const versionsIn = (folder: string) =>
  published.map((name) => JSON.parse(readFileSync(join(folder, `packages/${name}/package.json`), 'utf8')).version)
const changeset = (bump: string, text: string, name = 'sdk') => `---\n'@sightline/${name}': ${bump}\n---\n\n${text}\n`

describe('the next version', () => {
  const version = manifests[0]!.version
  const [major, minor, patch] = version.split('.').map(Number) as [number, number, number]
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  /** A clone with what a release changes, and these changesets. */
  function clone(changesets: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-release-'))
    folders.push(folder)
    const paths = [
      '.changeset',
      'package.json',
      'pnpm-workspace.yaml',
      'CHANGELOG.md',
      'packages/sdk/src/deliver/batch.ts',
    ]
    for (const name of [...published, 'dashboard']) paths.push(`packages/${name}/package.json`)
    for (const path of paths) cpSync(join(root, path), join(folder, path), { recursive: true })
    for (const name of waitingIn(folder)) rmSync(join(folder, '.changeset', name))
    for (const [name, text] of Object.entries(changesets)) writeFileSync(join(folder, '.changeset', `${name}.md`), text)
    return folder
  }

  test.each([
    ['patch', `${major}.${minor}.${patch + 1}`],
    ['minor', `${major}.${minor + 1}.0`],
    ['major', `${major + 1}.0.0`],
  ])('of a %s change of one package is %s for all of them', (bump, wanted) => {
    const folder = clone({ one: changeset(bump, 'Something.') })
    release(folder)
    expect(versionsIn(folder)).toEqual(published.map(() => wanted))
    expect(readFileSync(join(folder, 'packages/sdk/src/deliver/batch.ts'), 'utf8')).toContain(`'web/${wanted}'`)
    const { peerDependencies } = JSON.parse(readFileSync(join(folder, 'packages/react/package.json'), 'utf8'))
    expect(peerDependencies['@sightline/sdk']).toBe('workspace:^')
  })

  test('is told in one entry, with what asks for something first', () => {
    const folder = clone({
      one: changeset('patch', 'Something smaller.\n\nIn two parts.', 'vue'),
      two: changeset('minor', '**To do:** turn it off and on.', 'collector'),
    })
    const before = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')
    release(folder)
    const text = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')
    expect(text).toContain(`\n## ${major}.${minor + 1}.0\n\n**To do:** turn it off and on.\n\n`)
    expect(text).toContain('\n- Something smaller.\n\n  In two parts.\n\n## ')
    expect(text).not.toContain('## Unreleased')
    expect(text.slice(text.indexOf(`\n## ${version}\n`))).toBe(before.slice(before.indexOf(`\n## ${version}\n`)))
    expect(waitingIn(folder)).toEqual([])
  })

  test('is not made of nothing', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/version.mjs'), clone({})])
    expect(status).toBe(1)
    expect(String(stderr)).toContain('Expected files in .changeset, got none.')
  })
})

test('both workflows run the gate that everybody can run', () => {
  for (const name of ['ci', 'release']) expect(read(`.github/workflows/${name}.yml`)).toContain('run: .ci/run\n')
})
