import { defineConfig, type Options } from 'tsup'
import { namesToKeep } from './mangle'

const shared = {
  minify: 'terser',
  terserOptions: {
    module: true,
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
  },
  {
    // For tests, where names are worth more than bytes.
    entry: ['src/testing.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    splitting: false,
    sourcemap: true,
    platform: 'browser',
    target: 'es2021',
  },
])
