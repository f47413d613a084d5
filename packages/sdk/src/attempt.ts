// For what the page or the browser may break: nothing comes back instead of an exception.

export function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
