// The name of a heading in a link.
export function githubSlug(text: string): string
