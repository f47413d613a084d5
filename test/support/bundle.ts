// A module with all that it imports as one script for a page, without a build of its own.
import { build } from 'esbuild'
import { join } from 'node:path'
import { root } from './source-files'

/** Bundles a module so that its exports stand on `globalThis[name]`. */
export async function bundleForPage(path: string, name: string): Promise<string> {
  const result = await build({
    entryPoints: [join(root, path)],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: name,
    target: 'es2020',
  })
  return result.outputFiles[0]!.text
}
