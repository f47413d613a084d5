// A Chromium that no DevTools are attached to, for what it does not do under their eyes: prerendering.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumPath } from './chromium'

/** Opens a page in a fresh profile. What happens there is up to the page, and known from what it sends. */
export async function openUndriven(url: string): Promise<{ close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'undriven-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--window-size=1000,1000']
  const browser = spawn(chromiumPath!, [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore' })
  return {
    async close() {
      const gone = once(browser, 'exit')
      if (browser.exitCode === null && browser.kill()) await gone
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
