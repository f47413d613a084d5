// A user agent becomes two words: the device in a hand, and whether a person, a program or a crawler holds it.
import { isbot } from 'isbot'
import type { Device } from '../database/codes'

/** `script`: a program that someone runs on purpose, such as curl, an app's HTTP library or a browser under test. */
export type ClientKind = 'person' | 'script' | 'bot'

export interface Client {
  kind: ClientKind
  device: Device
}

/** Real user agents are shorter; what comes behind tells nothing. */
export const MAX_USER_AGENT_LENGTH = 512
/** Matching takes microseconds, and most requests come from few browsers. At this many the texts fill about 2 MB. */
const MAX_REMEMBERED = 5_000

const NAMES_ITSELF_A_CRAWLER =
  /bot\b|bot[/_-]|crawl|spider|slurp|https?:\/\/|externalhit|whatsapp|telegram|preview|lighthouse|pagespeed|archiver|monitor|scanner/i
const BROWSER_UNDER_TEST = /headless|playwright|puppeteer|cypress|selenium|webdriver|phantomjs|jsdom|happydom/i

/** Tells clients apart, remembering those it met. */
export function createClientKinds(): (userAgent: string) => Client {
  const remembered = new Map<string, Client>()
  return function clientOf(userAgent) {
    const known = remembered.get(userAgent)
    if (known) return known
    const kind = kindOf(userAgent)
    const client: Client = { kind, device: kind === 'bot' ? 'bot' : deviceOf(userAgent) }
    if (remembered.size >= MAX_REMEMBERED) remembered.clear()
    remembered.set(userAgent, client)
    return client
  }
}

// isbot knows every program that is no browser. What people run themselves is no crawler: it says a name of its own
// instead of a browser's, or is a browser that a test drives.
function kindOf(userAgent: string): ClientKind {
  if (userAgent === '') return 'script'
  if (!isbot(userAgent)) return 'person'
  if (BROWSER_UNDER_TEST.test(userAgent)) return 'script'
  const isBrowserLike = userAgent.startsWith('Mozilla/')
  return isBrowserLike || NAMES_ITSELF_A_CRAWLER.test(userAgent) ? 'bot' : 'script'
}

// Coarse on purpose: three words that hold, rather than a thousand that age.
function deviceOf(userAgent: string): Device {
  if (/ipad|tablet|playbook|silk(?!.*mobile)|android(?!.*mobile)/i.test(userAgent)) return 'tablet'
  if (/mobi|iphone|ipod|android|phone/i.test(userAgent)) return 'mobile'
  if (/windows|macintosh|mac os|linux|x11|cros/i.test(userAgent)) return 'desktop'
  return 'other'
}
