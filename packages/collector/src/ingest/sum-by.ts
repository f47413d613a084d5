// Many rows become few sums, one for each key.

/** Sums in the order of their keys: two groups that lock the same rows in the same order cannot deadlock. */
export function sumBy<Item, Sum>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  begin: (item: Item) => Sum,
  add: (sum: Sum, item: Item) => void,
): Sum[] {
  const sums = new Map<string, Sum>()
  for (const item of items) {
    const key = keyOf(item)
    let sum = sums.get(key)
    if (sum === undefined) {
      sum = begin(item)
      sums.set(key, sum)
    }
    add(sum, item)
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}
