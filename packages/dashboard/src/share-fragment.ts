// The secret of a shared link is in its fragment (`#share=…`), which no browser sends: it is in no log and no Referer.

/** The link that opens a page for whoever has it; what the page at `address` shows is chosen there as well. */
export function linkOfShare(address: string, token: string): string {
  const link = new URL(address)
  link.hash = `share=${token}`
  return link.href
}

/** The token of a shared link, or `null`. It stays in the address: the page can be reloaded, bookmarked and passed on. */
export function readShareOfAddress({ hash }: Pick<Location, 'hash'>): string | null {
  return new URLSearchParams(hash.slice(1)).get('share') || null
}
