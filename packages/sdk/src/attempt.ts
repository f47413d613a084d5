// For what the page or the browser may break: nothing comes back instead of an exception.

/** `failed` is told why. */
export function attempt<Result>(make: () => Result, failed?: (error: unknown) => void): Result | undefined {
  try {
    return make()
  } catch (error) {
    failed?.(error)
    return undefined
  }
}
