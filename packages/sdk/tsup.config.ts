import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig, type Options } from 'tsup'
import { namesToKeep } from './mangle'

/** Says what a page's `integrity` attribute has to hold for each file that is written. */
const sayIntegrity: NonNullable<Options['plugins']>[number] = {
  name: 'say-integrity',
  buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles.filter((file) => file.name.endsWith('.js'))) {
      console.log(`${basename(name)} sha384-${createHash('sha384').update(readFileSync(name)).digest('base64')}`)
    }
  },
}

const shared = {
  minify: 'terser',
  terserOptions: {
    module: true,
    // Without it tsup writes the map of what terser was given.
    sourceMap: {},
    compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true },
    mangle: {
      properties: {
        reserved: namesToKeep('src', ['index.ts', 'wire.ts', 'script-tag/start.ts']),
        keep_quoted: true,
      },
    },
  },
  // Each entry is whole: names that are shortened in one file mean nothing in another.
  splitting: false,
  sourcemap: true,
  platform: 'browser',
} satisfies Options

export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts', 'src/track.ts', 'src/wire.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
    target: 'es2021',
  },
  {
    ...shared,
    entry: { sightline: 'src/auto.ts' },
    format: ['iife'],
    outExtension: () => ({ js: '.iife.js' }),
    target: 'es2021',
    plugins: [sayIntegrity],
  },
  {
    // For tests and development, where names are worth more than bytes.
    entry: ['src/testing.ts', 'src/devtools.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    splitting: false,
    sourcemap: true,
    platform: 'browser',
    target: 'es2021',
  },
])
