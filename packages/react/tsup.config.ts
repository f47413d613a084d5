import { defineConfig } from 'tsup'

// No `treeshake`: it would strip the 'use client' directive from the entry.
export default defineConfig({
  entry: ['src/index.ts', 'src/server.ts'],
  format: ['esm', 'cjs'],
  dts: true,
  clean: true,
  sourcemap: true,
  target: 'es2020',
  platform: 'browser',
  external: ['react', '@sightline/sdk'],
  esbuildOptions(options) {
    // `strict` would put "use strict" before 'use client', which tools expect in the first line.
    delete options.tsconfig
    options.tsconfigRaw = { compilerOptions: { jsx: 'react-jsx' } }
  },
})
