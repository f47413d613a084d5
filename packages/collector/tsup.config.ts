import { cp } from 'node:fs/promises'
import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  sourcemap: true,
  target: 'node20',
  platform: 'node',
  // The wire format is part of the bundle: the collector is installed without the SDK.
  noExternal: [/^@sightline\/sdk/],
}

/** What browsers load, from the packages that make it, to where `assets.ts` reads it. */
const assets: [from: string, to: string][] = [
  ['../sdk/dist/sightline.iife.js', 'dist/sightline.js'],
  ['../dashboard/dist', 'dist/dashboard'],
  ['demo-page', 'dist/demo-page'],
]

async function copyAssets(): Promise<void> {
  for (const [from, to] of assets) {
    await cp(from, to, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      console.warn(`collector: ${from} is not built, so ${to} is missing`)
    })
  }
}

export default defineConfig([
  { ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true, shims: true, clean: true },
  {
    ...shared,
    entry: ['src/cli.ts'],
    format: ['esm'],
    banner: { js: '#!/usr/bin/env node' },
    onSuccess: copyAssets,
  },
])
