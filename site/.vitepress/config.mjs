// The documents of the repository as a web site, as they are: what they link to is a page, or a file of the repository.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { githubSlug } from '../github-slug.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where the files of the repository are read on the web, such as https://github.com/me/sightline/blob/main. Optional. */
const repositoryUrl = process.env.SITE_REPOSITORY_URL?.replace(/\/$/, '')

/** Markdown that is no page of the site: what npm shows of each package, and what is not written for readers. */
const notPages = ['packages', 'site', 'test', '.changeset', '.ci', '.github'].map((folder) => `${folder}/**`)

/** What stands first in the navigation, in this order. A document that is not named here comes after them. */
const groups = [
  ['In the browser', ['sdk', 'react', 'vue', 'frameworks', 'script-tag', 'testing', 'devtools']],
  ['What is measured', ['impressions', 'watch', 'delivery', 'numbers', 'wire-format', 'privacy']],
  ['On the server', ['collector', 'api', 'dashboard', 'recently-viewed', 'deploy', 'operations', 'upgrade']],
]
const folders = [
  ['Recipes', 'recipes'],
  ['How it is made', 'decisions'],
]

const namesIn = (folder) =>
  readdirSync(join(root, 'docs', folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name.slice(0, -3)))
    .toSorted()

function linkTo(name) {
  const title = /^# (.+)$/m.exec(readFileSync(join(root, 'docs', `${name}.md`), 'utf8'))?.[1] ?? name
  return { text: title.replaceAll('`', ''), link: `/docs/${name}` }
}

const group = (text, names) => ({ text, collapsed: false, items: names.map(linkTo) })

function readSidebar() {
  const named = new Set(['start', ...groups.flatMap(([, names]) => names)])
  const others = namesIn('').filter((name) => !named.has(name))
  return [
    { text: 'What it is', link: '/' },
    linkTo('start'),
    ...groups.map(([text, names]) =>
      group(
        text,
        names.filter((name) => existsSync(join(root, 'docs', `${name}.md`))),
      ),
    ),
    ...folders.map(([text, folder], index) =>
      group(text, [...(index === folders.length - 1 ? others : []), ...namesIn(folder)]),
    ),
  ]
}

/**
 * A link to a file that is no page leads to the repository on the web, if that is known; else only its text stays. A link
 * to nothing is left as it is, and fails the build.
 */
function linkToRepository(md) {
  md.core.ruler.push('link-to-repository', ({ env, tokens }) => {
    // Where the text is written, not where the page will be.
    const folder = dirname(env.realPath ?? env.path)
    for (const token of tokens) {
      let isOnlyText = false
      token.children &&= token.children.filter((child) => {
        if (child.type === 'link_open') isOnlyText = !settle(child, folder)
        const isDropped = isOnlyText && child.type.startsWith('link_')
        if (child.type === 'link_close') isOnlyText = false
        return !isDropped
      })
    }
  })
}

/** @returns whether the link leads somewhere */
function settle(link, folder) {
  const href = link.attrGet('href') ?? ''
  if (/^([a-z]+:|\/\/|#)/i.test(href)) return true
  const [path = '', anchor] = href.split('#')
  const target = resolve(folder, decodeURI(path))
  if (!existsSync(target)) return true
  const name = relative(root, target)
  const isPage = name.endsWith('.md') && !notPages.some((pattern) => name.startsWith(pattern.slice(0, -2)))
  if (isPage) {
    const address = name === 'README.md' ? '/' : `/${name}`
    link.attrSet('href', anchor === undefined ? address : `${address}#${anchor}`)
    return true
  }
  // A folder of documents is its list in the navigation.
  const first = statSync(target).isDirectory() && readdirSync(target).find((each) => each.endsWith('.md'))
  if (first && name.startsWith('docs/')) link.attrSet('href', `/${join(name, first)}`)
  else if (repositoryUrl) link.attrSet('href', `${repositoryUrl}/${name}`)
  else return false
  return true
}

/** The pages lie outside of this folder, and what their code imports lies inside of it. */
const importFromHere = {
  name: 'import-from-here',
  enforce: 'pre',
  resolveId(id, importer) {
    const isOfPage = importer?.startsWith(root) && !importer.startsWith(here)
    return isOfPage && /^vue($|\/)/.test(id)
      ? this.resolve(id, join(here, 'package.json'), { skipSelf: true })
      : undefined
  },
}

export default defineConfig({
  title: 'Sightline',
  description:
    'What your visitors really saw: a browser SDK without dependencies, and a collector that you host yourself.',
  base: process.env.SITE_BASE ?? '/',
  srcDir: '..',
  srcExclude: [...notPages, '**/node_modules/**', '**/dist/**'],
  outDir: './dist',
  cacheDir: './.cache',
  vite: { plugins: [importFromHere] },
  rewrites: { 'README.md': 'index.md' },
  // Links between the documents go by the names that GitHub gives to headings.
  markdown: { anchor: { slugify: githubSlug }, config: linkToRepository },
  themeConfig: {
    // In the browser: nothing is asked of another origin.
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/docs/start' },
      { text: 'SDK', link: '/docs/sdk' },
      { text: 'Collector', link: '/docs/collector' },
      { text: 'API', link: '/docs/api' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: readSidebar(),
  },
})
