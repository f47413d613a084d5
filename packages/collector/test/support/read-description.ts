// The description as its readers take it in: each reference to a response is replaced by what it refers to.
import type { ApiDescription, DescribedResponse } from '../../src/description/openapi'
import type { SharedDescription } from '../../src/description/share-responses'

export function readDescription(text: string): ApiDescription {
  const { components, paths, ...api } = JSON.parse(text) as SharedDescription
  const { responses, ...others } = components
  const resolve = (response: DescribedResponse | { $ref: string }): DescribedResponse => {
    if (!('$ref' in response)) return response
    const found = responses[response.$ref.replace('#/components/responses/', '')]
    if (!found) throw new Error(`expected a response at ${response.$ref}`)
    return found
  }
  for (const methods of Object.values(paths)) {
    for (const operation of Object.values(methods)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        operation.responses[status] = resolve(response)
      }
    }
  }
  return { ...api, paths: paths as ApiDescription['paths'], components: others }
}
