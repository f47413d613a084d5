// What the page of the kept scripts offers.
export const recordedTypes: string[]
export function keptPage(endpoint: string, source: string, attributes?: string): string
