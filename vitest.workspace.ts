// One project per package. Vitest 4 does not find this file by itself: every script passes it with --config.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The oldest supported version of a framework lives in a package of its own; the same tests run on it too.
const held = (fixture: string, modules: Record<string, string>) =>
  Object.entries(modules).map(([name, file]) => ({
    find: new RegExp(`^${name}$`),
    replacement: source(`${fixture}/node_modules/${file}`),
  }))

const happyDom = {
  environment: 'happy-dom',
  environmentOptions: {
    happyDOM: { url: 'http://site.test/', settings: { fetch: { disableSameOriginPolicy: true } } },
  },
}

/** What the packages do together. */
const together = {
  root: '.',
  environment: 'node',
  globalSetup: ['./packages/collector/test/support/global-setup.ts', './test/support/build-sdk.ts'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
}

/** Browsers that measure time: whatever runs beside them would be in it. */
const inRealTime = ['test/seen/*.test.ts', 'test/{delivered,element-to-stats,feeds}.test.ts']

export default defineConfig({
  resolve: {
    // Tests read the sources, so none of them needs a build.
    alias: [
      { find: '@sightline/sdk/wire', replacement: source('./packages/sdk/src/wire.ts') },
      { find: '@sightline/sdk/track', replacement: source('./packages/sdk/src/track.ts') },
      { find: '@sightline/sdk/testing', replacement: source('./packages/sdk/src/testing.ts') },
      { find: '@sightline/sdk', replacement: source('./packages/sdk/src/index.ts') },
      { find: '@sightline/collector', replacement: source('./packages/collector/src/index.ts') },
    ],
  },
  test: {
    // Most of the collector's tests wait for processes and databases.
    maxWorkers: 2,
    // The gate reads this report to see that no suite was skipped.
    ...(process.env.SIGHTLINE_TEST_REPORT && {
      reporters: ['default', 'json'],
      outputFile: { json: process.env.SIGHTLINE_TEST_REPORT },
    }),
    projects: [
      {
        extends: true,
        test: {
          name: 'sdk',
          root: './packages/sdk',
          include: ['test/**/*.test.ts'],
          ...happyDom,
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      {
        extends: true,
        test: {
          name: 'react',
          root: './packages/react',
          include: ['test/**/*.test.tsx'],
          env: { REACT_VERSION: '19.' },
          ...happyDom,
        },
      },
      {
        extends: true,
        resolve: {
          alias: held('./packages/react/react-18', {
            react: 'react/index.js',
            'react/jsx-runtime': 'react/jsx-runtime.js',
            'react/jsx-dev-runtime': 'react/jsx-dev-runtime.js',
            'react-dom': 'react-dom/index.js',
            'react-dom/server': 'react-dom/server.js',
            '@testing-library/react': '@testing-library/react/dist/index.js',
          }),
        },
        test: {
          name: 'react-18',
          root: './packages/react',
          include: ['test/**/*.test.tsx'],
          // React 18 has no Activity.
          exclude: ['test/activity.test.tsx'],
          env: { REACT_VERSION: '18.3.' },
          // Only inlined it gets the held version of React.
          server: { deps: { inline: ['@tanstack/react-virtual'] } },
          ...happyDom,
        },
      },
      {
        extends: true,
        test: {
          name: 'vue',
          root: './packages/vue',
          include: ['test/**/*.test.ts'],
          env: { VUE_VERSION: '3.5.' },
          ...happyDom,
        },
      },
      {
        extends: true,
        resolve: {
          alias: held('./packages/vue/vue-3.3', {
            vue: 'vue/index.mjs',
            '@?vue/server-renderer': 'vue/server-renderer/index.mjs',
            '@vue/test-utils': '@vue/test-utils/dist/vue-test-utils.esm-bundler.mjs',
          }),
        },
        test: {
          name: 'vue-3.3',
          root: './packages/vue',
          include: ['test/**/*.test.ts'],
          env: { VUE_VERSION: '3.3.' },
          // Only inlined they get the held version of Vue.
          server: { deps: { inline: ['@vue/test-utils', 'vue-router'] } },
          ...happyDom,
        },
      },
      {
        extends: true,
        test: {
          name: 'collector',
          root: './packages/collector',
          include: ['test/**/*.test.ts'],
          environment: 'node',
          // A thread a file is up sooner than a process, and there are many files.
          pool: 'threads',
          globalSetup: './test/support/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'dashboard', root: './packages/dashboard', include: ['test/**/*.test.tsx'], ...happyDom },
      },
      {
        extends: true,
        test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: inRealTime, ...together },
      },
      {
        extends: true,
        test: {
          name: 'real-time',
          // One file after the other, when all else is done.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          include: inRealTime,
          ...together,
        },
      },
    ],
  },
})
