import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['main.tsx'],
  format: ['esm'],
  target: 'es2020',
  platform: 'browser',
  silent: true,
  env: { NODE_ENV: 'production' },
})
