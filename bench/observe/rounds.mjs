// One round: a fresh page for every variant, all of them scrolled in turns so that the machine's moods hit all alike.
import { openPage } from './browser.mjs'

/** What the limit is about: Sightline between two pages that it is compared with. */
export const ours = ['none', 'shared', 'sightline', 'sharedAgain']
export const variants = [...ours, 'perElement', 'react']

/** Frames measured per variant and round: BLOCKS · FRAMES = 360, in turns of a second. */
const BLOCKS = 6
const FRAMES = 60

const STEP_PX = 60

/** Farther than a screen, before each turn: what was on screen while others had theirs ends outside the measurement. */
const JUMP_PX = 1_000

/** Frames scrolled before the measured ones, for caches that the other pages have used in between. */
const RUN_UP_FRAMES = 10

/** Frames of a page where nothing moves, and how long before that nothing moved; longer than an element needs to be seen. */
const STILL_FRAMES = 60
const SETTLE_MS = 1_500

/**
 * @returns by variant, main-thread CPU in milliseconds: `startMs` (of a tracker), `registerMs`, `firstMs` (until the first entries are handled),
 * what both hold of mounting React without an observer, and per frame `scroll`, `script` (the part of it that was JavaScript), both by block, and `stillMs`
 */
export async function runRound(browser, origin, { count, round, variants }) {
  const pages = {}
  const results = {}
  try {
    for (const variant of turn(variants, round)) {
      pages[variant] = await openPage(browser, origin)
      const plain = variant === 'react' ? await mountPlain(browser, origin, count) : { cpuMs: 0, scriptMs: 0 }
      results[variant] = {
        ...(await start(pages[variant], variant, count)),
        plainMs: plain.cpuMs,
        plainScriptMs: plain.scriptMs,
      }
    }
    for (let block = 0; block < BLOCKS; block++) {
      // There and back: no variant always follows the same other one.
      const order = turn(variants, round + (block >> 1))
      for (const variant of block % 2 ? order.toReversed() : order) {
        await pages[variant].evaluate(
          `bench.scroll(1, ${JUMP_PX}).then(() => bench.scroll(${RUN_UP_FRAMES}, ${STEP_PX}))`,
        )
        const { cpuMs, scriptMs } = await pages[variant].measure(`bench.scroll(${FRAMES}, ${STEP_PX})`)
        results[variant].scroll.push(cpuMs / FRAMES)
        results[variant].script.push(scriptMs / FRAMES)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    for (const variant of variants) {
      const { cpuMs } = await pages[variant].measure(`bench.scroll(${STILL_FRAMES})`)
      results[variant].stillMs = cpuMs / STILL_FRAMES
    }
  } finally {
    for (const page of Object.values(pages)) await page.close()
  }
  return results
}

async function start(page, variant, count) {
  await page.evaluate(`bench.prepare('${variant}', ${count}); gc()`)
  await page.evaluate('bench.scroll(3)')
  const beginning = await page.measure(`bench.inTask(() => bench.begin('${variant}'))`)
  const registration = await page.measure(`bench.inTask(() => bench.register('${variant}', ${count}))`)
  const first = await page.measure('bench.scroll(3)')
  return {
    // Script only: the browser's first computation may or may not have begun before the clock is read.
    registerMs: registration.scriptMs,
    startMs: beginning.scriptMs,
    firstMs: registration.cpuMs + first.cpuMs,
    scroll: [],
    script: [],
  }
}

/** React on a page of its own, so that both times it is as new to the compiler. */
async function mountPlain(browser, origin, count) {
  const page = await openPage(browser, origin)
  await page.evaluate('bench.scroll(3)')
  const mount = await page.measure(`bench.inTask(() => bench.mountPlain(${count}))`)
  const first = await page.measure('bench.scroll(3)')
  await page.close()
  return { scriptMs: mount.scriptMs, cpuMs: mount.cpuMs + first.cpuMs }
}

function turn(list, places) {
  const start = places % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
