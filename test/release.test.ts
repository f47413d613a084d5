// What is released together says so: one version, one entry in the changelog, and a workflow that checks the tag against both.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

test('both workflows run the gate that everybody can run', () => {
  for (const name of ['ci', 'release']) expect(read(`.github/workflows/${name}.yml`)).toContain('run: .ci/run\n')
})
