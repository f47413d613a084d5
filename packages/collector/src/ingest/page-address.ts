// An address that people may have been sent by mail loses what could name them: query, fragment and user info.
import { wireLimits } from '@sightline/sdk/wire'
import { cutAtCodePoint } from './read-batch'

/** Query parameters that say which campaign brought the visitor, and nothing about the visitor. */
const CAMPAIGN = /^utm_[a-z]{1,32}$/
const MAX_CAMPAIGN_LENGTH = 128
const NOWHERE = 'http://nowhere.invalid'

export interface PageAddress {
  /** Path, with those query parameters that belong to the page's identity. */
  path: string
  /** `utm_source`, `utm_medium` …, if there are any. */
  campaign: Record<string, string> | undefined
}

/** Whether an address holds anything that has to go; most hold nothing, and are told so without parsing. */
export function needsStripping(address: string): boolean {
  return !address.startsWith('/') || address.startsWith('//') || /[?#]/.test(address)
}

/**
 * The page behind a path or a whole URL; `undefined` for what is neither.
 * @param identityParams names of query parameters without which two pages would be one.
 */
export function pageAddress(address: string, identityParams: readonly string[]): PageAddress | undefined {
  const isWhole = /^https?:\/\//i.test(address)
  if (!isWhole && !address.startsWith('/')) return undefined
  const absolute = isWhole ? address : `${NOWHERE}${address.replace(/^\/{2,}/, '/')}`
  if (!URL.canParse(absolute)) return undefined
  const { searchParams } = new URL(absolute)
  // As it was written, because the parser would escape letters that the SDK's paths keep.
  const path = (isWhole ? new URL(absolute).pathname : absolute.slice(NOWHERE.length)).replace(/[?#].*$/s, '')

  const kept = new URLSearchParams()
  for (const name of identityParams) for (const value of searchParams.getAll(name)) kept.append(name, value)
  const campaign = [...searchParams]
    .filter(([name]) => CAMPAIGN.test(name))
    .map(([name, value]) => [name, cutAtCodePoint(value, MAX_CAMPAIGN_LENGTH)] as const)
  return {
    path: cutAtCodePoint(kept.size > 0 ? `${path}?${kept}` : path, wireLimits.maxContentIdLength),
    campaign: campaign.length > 0 ? Object.fromEntries(campaign) : undefined,
  }
}
