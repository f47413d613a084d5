import { defineConfig } from 'vite'

export default defineConfig({
  // The style of all examples.
  publicDir: '../server/public',
  server: { host: '127.0.0.1', port: Number(process.env.PORT ?? 3000), strictPort: true },
})
