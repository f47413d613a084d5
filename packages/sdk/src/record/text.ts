// Text that every database takes: no lone surrogates, no NUL, not too long.

const NUL = /\0/g

/** Cuts at a code point and replaces what is not Unicode text. */
export function cleanText(text: string, maxLength: number): string {
  const isCutInsidePair = text.length > maxLength && /[\ud800-\udbff]/.test(text.charAt(maxLength - 1))
  return text
    .slice(0, isCutInsidePair ? maxLength - 1 : maxLength)
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(NUL, '')
}

/** Address without query, fragment and user info; nothing when it is not an address. */
export function cleanUrl(url: string, maxLength: number): string | undefined {
  try {
    const { protocol, host, pathname } = new URL(url)
    return cleanText(`${protocol}//${host}${pathname}`, maxLength)
  } catch {
    return undefined
  }
}
