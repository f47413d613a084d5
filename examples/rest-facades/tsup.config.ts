import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['serve.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  silent: true,
})
