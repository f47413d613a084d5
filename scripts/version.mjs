// The changesets that wait become the next version: one number for all packages and one entry in CHANGELOG.md.
//
// The number is that of changesets itself, which is asked in a copy where the adapters do not name the SDK as a peer. With the name
// it would make 1.0.0 of a minor change of 0.1.0: `^0.1.0` does not hold 0.2.0, changesets calls a peer that leaves its range a major
// change of the dependent, and versions in step lift all packages to that. Here the adapters of 0.2.0 come with the range ^0.2.0.
//
//   node scripts/version.mjs [folder]
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const CHANGESETS = '@changesets/cli@2.31.1'
const published = ['sdk', 'react', 'vue', 'collector']

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))
const at = (...path) => join(root, ...path)
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

const waiting = readdirSync(at('.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md')
if (waiting.length === 0) {
  console.error('Expected files in .changeset, got none. Tell what changed with: npx -y pnpm@12.21.0 changeset')
  process.exit(1)
}
const before = readJson(at('packages/sdk/package.json')).version
const version = askForVersion()

for (const name of published)
  replace(`packages/${name}/package.json`, `"version": "${before}"`, `"version": "${version}"`)
replace('packages/sdk/src/deliver/batch.ts', `web/${before}`, `web/${version}`)
writeChangelog(waiting.map((name) => readFileSync(at('.changeset', name), 'utf8')))
for (const name of waiting) rmSync(at('.changeset', name))
console.log(`${before} → ${version}. Next: build, node scripts/keep-bundle.mjs, commit, and the tag v${version}.`)

function askForVersion() {
  const copy = mkdtempSync(join(tmpdir(), 'sightline-version-'))
  try {
    cpSync(at('.changeset'), join(copy, '.changeset'), { recursive: true })
    for (const name of ['package.json', 'pnpm-workspace.yaml']) cpSync(at(name), join(copy, name))
    for (const name of [...published, 'dashboard']) {
      const manifest = readJson(at('packages', name, 'package.json'))
      delete manifest.peerDependencies?.['@sightline/sdk']
      mkdirSync(join(copy, 'packages', name), { recursive: true })
      writeFileSync(join(copy, 'packages', name, 'package.json'), JSON.stringify(manifest))
    }
    const run = spawnSync('npx', ['-y', CHANGESETS, 'version'], { cwd: copy, encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`changesets ended with ${run.status}:\n${run.stdout}${run.stderr}`)
    const versions = new Set(published.map((name) => readJson(join(copy, 'packages', name, 'package.json')).version))
    if (versions.size > 1) throw new Error(`expected one version of all packages, got ${[...versions].join(', ')}`)
    return [...versions][0]
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function replace(path, from, to) {
  const text = readFileSync(at(path), 'utf8')
  if (!text.includes(from)) throw new Error(`expected ${from} in ${path}`)
  writeFileSync(at(path), text.replace(from, to))
}

function asksFor(summary) {
  return summary.startsWith('**To do:**')
}

/** What is told under "Unreleased", and by each changeset, becomes the entry of the version; what asks for something stands first. */
function writeChangelog(changesets) {
  const text = readFileSync(at('CHANGELOG.md'), 'utf8')
  const [, head = '', unreleased = '', older = ''] =
    /^([^]*?\n)(?:## Unreleased\n([^]*?))?(?=## \d)([^]*)$/.exec(text) ?? []
  const summaries = changesets.map((each) => each.replace(/^---\n[^]*?\n---\n/, '').trim())
  const entry = [
    ...summaries.filter(asksFor),
    unreleased.trim(),
    summaries
      .filter((summary) => !asksFor(summary))
      .map((summary) => `- ${summary.replaceAll(/\n(?=.)/g, '\n  ')}`)
      .join('\n'),
  ]
  const body = entry.filter((part) => part !== '').join('\n\n')
  writeFileSync(at('CHANGELOG.md'), `${head}## ${version}\n\n${body}\n\n${older}`)
}
