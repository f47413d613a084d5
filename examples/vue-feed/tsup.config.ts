import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['main.ts'],
  format: ['esm'],
  target: 'es2020',
  platform: 'browser',
  silent: true,
  env: { NODE_ENV: 'production' },
  // The build of Vue that compiles templates in the browser, so that this example needs no compiler.
  esbuildOptions(options) {
    options.alias = { vue: 'vue/dist/vue.esm-bundler.js' }
    options.define = {
      ...options.define,
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    }
  },
})
