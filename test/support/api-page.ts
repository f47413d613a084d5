// The description of a collector becomes docs/api.md: each route with who may ask it, its parameters, a call and what came back.
import { curlOf } from '../../packages/collector/src/description/docs-page'
import type {
  ApiDescription,
  DescribedOperation,
  DescribedParameter,
  JsonSchema,
} from '../../packages/collector/src/description/openapi'
import { everywhere } from '../../packages/collector/src/description/operations'
import { refusals, type RefusalCode } from '../../packages/collector/src/errors'

/** What a call answered: JSON, or the first line of an answer that is made of lines. */
export interface Answered {
  status: number
  body?: unknown
}

export interface Route {
  /** `GET /v1/stats/top`. */
  name: string
  path: string
  method: string
  operation: DescribedOperation
}

interface Group {
  title: string
  /** What the reader has to know before the first route. */
  about: string
  has: RegExp
  /** Who the holder of a user's token has to be. */
  users?: string
}

/** In the order of the page. A route is in the first group that has it. */
const groups: Group[] = [
  {
    title: 'Send',
    about:
      'The SDK sends to the first of these; its events and limits are the [wire format](wire-format.md). The others are for callers without the SDK.',
    has: /^POST \/v1\/(events|page-views|content\/[^/]+\/[^/]+\/views)$/,
  },
  {
    title: 'Ask about everything',
    about: 'What each number is, and how sure it is: [numbers](numbers.md). Days without events are there, with zeros.',
    has: /^GET \/v1\/(stats\/|trending|live|now)/,
    users: 'moderator',
  },
  {
    title: 'Ask about one content',
    about: 'Its owner is the user whom the catalogue names as `ownerId`.',
    has: /^GET \/v1\/content\/[^/]+\/[^/]+\/\w+$/,
    users: 'moderator, its owner',
  },
  {
    title: 'The catalogue',
    about: 'What your site tells about its content: owner, visibility, length, title. None of it is needed to count.',
    has: / \/v1\/content(\/|$)/,
  },
  {
    title: 'Recently viewed',
    about: 'The list of the user who asks; [how it is kept](recently-viewed.md).',
    has: / \/v1\/me\/recently-viewed/,
  },
  {
    title: 'Privacy',
    about: 'What people may ask of what is kept about them; [what that is](privacy.md).',
    has: / \/v1\/(me|users|erasures)(\/|$)/,
  },
  {
    title: 'Share links',
    about: 'One page of the dashboard for people without a token; [what they see](dashboard.md#sharing).',
    has: / \/v1\/shares/,
    users: 'moderator',
  },
  {
    title: 'Run it',
    about: 'Health, export and the dashboard’s own questions; [operations](operations.md).',
    has: / \/(healthz|readyz|metrics|docs|openapi\.json|v1\/(export|session|trust|client-address))/,
  },
  {
    title: 'Test with it',
    about: 'Only with `--memory`; [testing your tracking](testing.md).',
    has: / \/_test\//,
  },
]

/** Parameters that this many routes of a group take are told once for all of them. */
const SHARED_BY = 4
const LONGEST_LINE = 100

/** How a number was made: told once for a group, because every answer to a question has it. */
const PROVENANCE = ['from', 'to', 'timezone', 'audience', 'freshAsOf', 'lateAsOf', 'keptFrom', 'madeFrom']

const who: Record<string, string> = {
  nobody: 'anybody',
  user: 'user',
  share: 'share link',
  anonymousId: 'anonymous id',
  admin: 'admin',
  metrics: '`METRICS_TOKEN`',
}

export function routesOf(api: ApiDescription): Route[] {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`
      return { name, path, method: method.toUpperCase(), operation }
    }),
  )
}

/** The page as lines of Markdown. `answered` holds what the call of each example came back with. */
export function renderApiPage(api: ApiDescription, answered: ReadonlyMap<string, Answered>): string[] {
  const routes = routesOf(api)
  const sections = groups.map((group) => ({
    group,
    own: routes.filter(({ name }) => groups.find(({ has }) => has.test(name)) === group),
  }))
  const homeless = routes.filter(({ name }) => !groups.some(({ has }) => has.test(name)))
  if (homeless.length > 0) {
    throw new Error(`Expected a group in api-page.ts for ${homeless.map(({ name }) => name).join(', ')}.`)
  }
  return [
    '| route | for | what it does |',
    '|---|---|---|',
    ...sections.flatMap(({ group, own }) =>
      own.map(
        ({ name, operation }) =>
          `| [\`${name}\`](#${anchorOf(name)}) | ${whoOf(operation, group)} | ${cell(operation.summary)} |`,
      ),
    ),
    ...sections.flatMap(({ group, own }) => renderGroup(group, own, api, answered)),
    ...renderCodes(),
  ]
}

function renderGroup(
  group: Group,
  own: Route[],
  api: ApiDescription,
  answered: ReadonlyMap<string, Answered>,
): string[] {
  const shared = sharedParameters(own)
  const provenance = own.map(({ name }) => takeProvenance(answered.get(name)?.body).provenance).find(Boolean)
  return [
    '',
    `## ${group.title}`,
    '',
    group.about,
    ...(shared.length === 0 ? [] : ['', 'What several of these take; each says which:', '', ...parameterTable(shared)]),
    ...(provenance === undefined
      ? []
      : [
          '',
          'How an answer was made stands first in it, and is left out below:',
          '',
          '```json',
          showJson(provenance),
          '```',
        ]),
    ...own.flatMap((route) => renderRoute(route, group, shared, api, answered.get(route.name))),
  ]
}

function takeProvenance(body: unknown): { provenance?: Record<string, unknown>; rest: unknown } {
  if (typeof body !== 'object' || body === null || !PROVENANCE.every((name) => name in body)) return { rest: body }
  const fields = Object.entries(body)
  const pick = (isWanted: (name: string) => boolean) => Object.fromEntries(fields.filter(([name]) => isWanted(name)))
  return {
    provenance: pick((name) => PROVENANCE.includes(name)),
    rest: pick((name) => !PROVENANCE.includes(name)),
  }
}

const keyOf = ({ name, schema }: DescribedParameter) => `${name} ${JSON.stringify(schema)}`

function sharedParameters(routes: Route[]): DescribedParameter[] {
  const all = routes.flatMap(({ operation }) => operation.parameters ?? []).filter((each) => each.in === 'query')
  const takers = (parameter: DescribedParameter) => all.filter((each) => keyOf(each) === keyOf(parameter))
  return all.filter((each) => takers(each)[0] === each && takers(each).length >= SHARED_BY)
}

function renderRoute(
  { name, path, method, operation }: Route,
  group: Group,
  told: readonly DescribedParameter[],
  api: ApiDescription,
  answer: Answered | undefined,
): string[] {
  const { summary, description, parameters = [], requestBody } = operation
  const isTold = (parameter: DescribedParameter) => told.some((each) => keyOf(each) === keyOf(parameter))
  const shared = parameters.filter(isTold)
  // What the type and the id of a content are needs no row.
  const own = parameters.filter((each) => !isTold(each) && !(each.in === 'path' && /^(type|id)$/.test(each.name)))
  const codes = codesOf(operation)
  const body = requestBody && shapeOf(requestBody.content['application/json']?.schema)
  const all = shared.length === told.length ? 'all of the above' : shared.map((each) => `\`${each.name}\``).join(', ')
  return [
    '',
    `### \`${name}\``,
    '',
    `${prose(summary)}${description === undefined ? '' : ` ${prose(description)}`} For: ${whoOf(operation, group)}.`,
    ...(own.length === 0 ? [] : ['', ...parameterTable(own)]),
    ...(shared.length === 0 ? [] : ['', `Takes ${all}.`]),
    ...(body === undefined ? [] : ['', `Body${requestBody?.required ? '' : ', which may be left out'}: ${body}.`]),
    ...(codes.length === 0 ? [] : ['', `Refuses with ${codes.join(', ')}.`]),
    ...(operation['x-example'] ? ['', '```bash', curlOf(path, method, operation, api), '```'] : []),
    ...renderAnswer(operation, answer),
  ]
}

function renderAnswer({ responses }: DescribedOperation, answer: Answered | undefined): string[] {
  const status = answer?.status ?? Number(Object.keys(responses).find((each) => each.startsWith('2')))
  if (answer?.body !== undefined) {
    return ['', `${status}:`, '', '```json', showJson(takeProvenance(answer.body).rest), '```']
  }
  const { content = {}, description = '' } = responses[status] ?? {}
  const [mediaType] = Object.keys(content)
  return [
    '',
    mediaType === undefined ? `${status}, without a body.` : `${status}, \`${mediaType}\`: ${prose(description)}`,
  ]
}

function whoOf({ security }: DescribedOperation, { users }: Group): string {
  const names = security.map((one) => Object.keys(one)[0] ?? 'nobody')
  return names.map((name) => (name === 'user' && users !== undefined ? users : (who[name] ?? name))).join(', ')
}

/** Those of tokens and of everything are told once, at the end. */
const toldOnce = new Set<string>([
  ...everywhere,
  'token_missing',
  'token_invalid',
  'token_unexpected',
  'link_not_valid',
  'not_allowed',
  'too_many_attempts',
  'keys_unavailable',
  'starting',
  'unsupported_media_type',
  'unsupported_encoding',
  'invalid_json',
  'forbidden_key',
  'body_too_large',
])

function codesOf({ responses }: DescribedOperation): string[] {
  return Object.values(responses)
    .flatMap(({ content }) => [
      ...JSON.stringify(content ?? {}).matchAll(/"code":\{"type":"string","enum":(\[[^\]]*\])/g),
    ])
    .flatMap(([, list]) => JSON.parse(list!) as RefusalCode[])
    .filter((code) => !toldOnce.has(code))
    .map((code) => `\`${code}\` (${refusals[code].status})`)
}

const renderCodes = (): string[] => [
  '',
  '## Refusals',
  '',
  'Every refusal is `{ "error": { "code", "message" } }`. A code keeps its meaning; a message may change. 429 and 503 come with',
  '`Retry-After`. Any route may answer ' + everywhere.map((code) => `\`${code}\``).join(', ') + ';',
  'any that takes a token or a body, the codes about tokens and bodies.',
  '',
  '| status | code | what it says |',
  '|---|---|---|',
  ...Object.entries(refusals).map(([code, { status, message }]) => `| ${status} | \`${code}\` | ${cell(message)} |`),
]

const parameterTable = (parameters: readonly DescribedParameter[]): string[] => [
  '| parameter | in | value | meaning |',
  '|---|---|---|---|',
  ...parameters.map(
    ({ name, in: place, required, schema, description = '' }) =>
      `| \`${name}\` | ${place} | ${cell(valueOf(schema))}${required && place === 'query' ? ', required' : ''} | ${cell(description)} |`,
  ),
]

/** A value as a reader types it. */
function valueOf(schema: JsonSchema): string {
  const { anyOf, type, format, pattern, minimum, maximum } = schema
  const fallback = schema.default === undefined ? '' : `, else \`${String(schema.default)}\``
  if (anyOf) return [...new Set(anyOf.map(valueOf))].join(' or ')
  if (schema.enum) return `${schema.enum.map((value) => `\`${String(value)}\``).join(' ')}${fallback}`
  if (pattern === String.raw`^\d{4}-\d{2}-\d{2}$`) return `\`YYYY-MM-DD\`${fallback}`
  const range = [minimum === undefined ? '' : `from ${minimum}`, maximum === undefined ? '' : `to ${maximum}`]
  return `${[[type ?? 'string'].flat().join(' or '), format, ...range].filter(Boolean).join(' ')}${fallback}`
}

function shapeOf(schema: JsonSchema | undefined): string | undefined {
  const name = schema?.$ref?.split('/').at(-1)
  if (name === undefined) return undefined
  return `[\`${name}\`](http://127.0.0.1:8787/docs#schema-${name}) at \`/docs\` of a running collector`
}

/** The name of a heading in a link. */
const anchorOf = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

const cell = (text: string) =>
  prose(text)
    .replaceAll('|', String.raw`\|`)
    .replaceAll('\n', ' ')

/** Outside of code, `<token>` would be a tag. */
const prose = (text: string) => text.replaceAll(/`[^`]*`|</g, (part) => (part === '<' ? '&lt;' : part))

/** JSON whose short parts stand on one line. */
function showJson(value: unknown, indent = ''): string {
  const short = showShort(value)
  if (indent.length + short.length <= LONGEST_LINE || typeof value !== 'object' || value === null) return short
  const inside = `${indent}  `
  if (Array.isArray(value)) return `[\n${value.map((each) => inside + showJson(each, inside)).join(',\n')}\n${indent}]`
  const fields = Object.entries(value).map(([name, each]) => `${inside}"${name}": ${showJson(each, inside)}`)
  return `{\n${fields.join(',\n')}\n${indent}}`
}

function showShort(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(showShort).join(', ')}]`
  const fields = Object.entries(value).map(([name, each]) => `"${name}": ${showShort(each)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
