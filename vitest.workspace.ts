// One project per package. Vitest 4 does not find this file by itself: every script passes it with --config.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const happyDom = {
  environment: 'happy-dom',
  environmentOptions: {
    happyDOM: { url: 'http://site.test/', settings: { fetch: { disableSameOriginPolicy: true } } },
  },
}

export default defineConfig({
  resolve: {
    // Tests read the sources, so none of them needs a build.
    alias: [
      { find: '@sightline/sdk/wire', replacement: source('./packages/sdk/src/wire.ts') },
      { find: '@sightline/sdk', replacement: source('./packages/sdk/src/index.ts') },
      { find: '@sightline/collector', replacement: source('./packages/collector/src/index.ts') },
    ],
  },
  test: {
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
      { extends: true, test: { name: 'react', root: './packages/react', include: ['test/**/*.test.tsx'], ...happyDom } },
      { extends: true, test: { name: 'vue', root: './packages/vue', include: ['test/**/*.test.ts'], ...happyDom } },
      {
        extends: true,
        test: {
          name: 'collector',
          root: './packages/collector',
          include: ['test/**/*.test.ts'],
          environment: 'node',
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
        test: {
          name: 'whole',
          root: '.',
          include: ['test/**/*.test.ts'],
          environment: 'node',
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
