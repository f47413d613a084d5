// The name of a heading in a link, as GitHub makes it: the documents are read there and on the site.

/** Without what makes two headings of one text different (`-1`), which comes after. */
export function githubSlug(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}
