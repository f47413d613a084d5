// A response that several operations give stands once in the document, and they refer to it: that halves the document.
import type { ApiDescription, DescribedOperation, DescribedResponse } from './openapi'

export interface Reference {
  $ref: string
}

type SharedOperation = Omit<DescribedOperation, 'responses'> & {
  responses: Record<string, DescribedResponse | Reference>
}

/** A description as it is served. */
export interface SharedDescription extends Omit<ApiDescription, 'paths' | 'components'> {
  paths: Record<string, Record<string, SharedOperation>>
  components: ApiDescription['components'] & { responses: Record<string, DescribedResponse> }
}

/** Names are the status and a number: `Answer401`, `Answer401b`. They may change; what they hold does not. */
export function shareResponses(api: ApiDescription): SharedDescription {
  const uses = new Map<string, number>()
  for (const [, response] of responsesOf(api)) {
    const text = JSON.stringify(response)
    uses.set(text, (uses.get(text) ?? 0) + 1)
  }
  const names = new Map<string, string>()
  const responses: Record<string, DescribedResponse> = {}
  for (const [status, response] of responsesOf(api)) {
    const text = JSON.stringify(response)
    if (names.has(text) || (uses.get(text) ?? 0) < 2) continue
    const name = freeName(`Answer${status}`, responses)
    names.set(text, name)
    responses[name] = response
  }
  const share = (response: DescribedResponse) => {
    const name = names.get(JSON.stringify(response))
    return name === undefined ? response : { $ref: `#/components/responses/${name}` }
  }
  return {
    ...api,
    paths: mapValues(api.paths, (methods) =>
      mapValues(methods, (operation) => ({ ...operation, responses: mapValues(operation.responses, share) })),
    ),
    components: { ...api.components, responses },
  }
}

const responsesOf = ({ paths }: ApiDescription) =>
  Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ responses }) => Object.entries(responses)),
  )

const mapValues = <From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

/** The name, or with the first of the letters that nobody has. */
function freeName(name: string, taken: object): string {
  const letters = ['', ...'bcdefghijklmnopqrstuvwxyz']
  const letter = letters.find((each) => !(`${name}${each}` in taken))
  return letter === undefined ? freeName(`${name}_`, taken) : `${name}${letter}`
}
