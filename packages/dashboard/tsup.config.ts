import { defineConfig } from 'tsup'

// Everything is bundled: the collector serves three files and no dependency. `public/` holds the page itself.
export default defineConfig({
  entry: { app: 'src/main.tsx', style: 'src/style.css' },
  format: ['esm'],
  target: 'es2022',
  platform: 'browser',
  publicDir: 'public',
  minify: true,
  clean: true,
  noExternal: [/./],
})
