// Whether the packages can be published: npm refuses provenance for a package that does not name the repository it was built in
// (docs.npmjs.com/generating-provenance-statements). The address is the owner's, so it is not in the sources until somebody says it.
//
//   node scripts/release-check.mjs                                              fails with what is missing
//   node scripts/release-check.mjs --repository https://github.com/<owner>/<name>   writes it into every package
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const published = ['sdk', 'react', 'vue', 'collector']
const HELP = 'node scripts/release-check.mjs --repository https://github.com/<owner>/<name>'

const [command, given, folder] = process.argv[2] === '--repository' ? process.argv.slice(2) : ['', '', process.argv[2]]
const root = resolve(folder ?? fileURLToPath(new URL('..', import.meta.url)))
const pathOf = (name) => join(root, 'packages', name, 'package.json')
const read = (name) => JSON.parse(readFileSync(pathOf(name), 'utf8'))

/** `https://github.com/owner/name`, or nothing. */
const addressOf = (text = '') =>
  /^(https:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+?)(\.git)?\/?$/.exec(text.replace(/^git\+/, ''))?.[1]

if (command === '--repository') {
  const address = addressOf(given)
  if (address === undefined) {
    console.error(`release-check: expected an address such as https://github.com/<owner>/<name>, got "${given ?? ''}".`)
    process.exit(2)
  }
  for (const name of published) {
    const { license, ...rest } = read(name)
    const { name: title, version, description } = rest
    const links = {
      homepage: `${address}#readme`,
      bugs: { url: `${address}/issues` },
      repository: { type: 'git', url: `git+${address}.git`, directory: `packages/${name}` },
    }
    const manifest = { name: title, version, description, license, ...links, ...omit(rest, links) }
    writeFileSync(pathOf(name), `${JSON.stringify(manifest, undefined, 2)}\n`)
  }
  console.log(`Written into ${published.length} packages: ${address}. Look at the difference, and commit it.`)
  process.exit(0)
}

const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env
const here = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`
const problems = published.flatMap((name) => {
  const { repository } = read(name)
  const place = `packages/${name}/package.json`
  const address = addressOf(repository?.url)
  if (address === undefined)
    return [`${place}: expected "repository", without which npm refuses to publish with provenance.`]
  const wanted = `packages/${name}`
  if (repository.directory !== wanted) return [`${place}: expected "repository.directory" to be "${wanted}".`]
  // GitHub takes names in any case.
  const isElsewhere = here && address.toLowerCase() !== here.toLowerCase()
  return isElsewhere ? [`${place}: expected "repository" to be ${here}, where this runs, got ${address}.`] : []
})
for (const problem of problems) console.error(problem)
if (problems.length > 0) console.error(`\nThis writes it into every package: ${HELP}`)
else console.log('Every package names its repository.')
process.exit(problems.length > 0 ? 1 : 0)

function omit(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !(name in names)))
}
