// The description as a page for people: made by the server, without scripts, so that the strictest policy can apply to it.
import type { ApiDescription, DescribedOperation, JsonSchema } from './openapi'

/** Text → HTML; what stands in backticks becomes code. */
function html(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

export function renderDocs(api: ApiDescription): string {
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const sections = api.tags.map(({ name, description }) => {
    const own = all.filter(({ operation }) => operation.tags.includes(name))
    const list = own.map(({ path, method, operation }) => renderOperation(path, method, operation, api))
    return `<section><h2 id="${html(name)}">${html(name)}</h2><p>${html(description)}</p>${list.join('')}</section>`
  })
  const links = all.map(
    ({ path, method, operation }) => `<li><a href="#${operation.operationId}"><b>${method}</b> ${html(path)}</a></li>`,
  )
  const shapes = Object.entries(api.components.schemas).map(
    ([name, schema]) => `<section id="schema-${html(name)}"><h3>${html(name)}</h3>${renderSchema(schema)}</section>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(api.info.title)} ${html(api.info.version)}: API</title>
<link rel="stylesheet" href="docs.css">
</head>
<body>
<nav><a href="openapi.json">openapi.json</a><ul>${links.join('')}</ul></nav>
<main>
<h1>${html(api.info.title)} ${html(api.info.version)}</h1>
<p>${html(api.info.description)}</p>
${sections.join('\n')}
<section><h2 id="shapes">Shapes</h2>${shapes.join('\n')}</section>
</main>
</body>
</html>
`
}

function renderOperation(path: string, method: string, operation: DescribedOperation, api: ApiDescription): string {
  const { operationId, summary, description, security, parameters = [], requestBody, responses } = operation
  const who = security.map((one) => Object.keys(one)[0] ?? 'nobody').map((name) => whoIs[name] ?? name)
  const body = requestBody && Object.values(requestBody.content)[0]?.schema
  return `<article id="${operationId}">
<h3><b>${method}</b> ${html(path)}</h3>
<p>${html(summary)}${description === undefined ? '' : ` ${html(description)}`}</p>
<p class="who">For ${who.join(' or ')}.</p>
${
  parameters.length === 0
    ? ''
    : renderTable(
        ['parameter', 'in', 'value', 'meaning'],
        parameters.map((each) => [
          `<code>${html(each.name)}</code>`,
          each.in,
          typeOf(each.schema),
          html(each.description ?? ''),
        ]),
      )
}
${body ? `<p>Body${requestBody.required ? '' : ' (may be left out)'}: ${typeOf(body)}, as <code>application/json</code> or <code>text/plain</code>.</p>` : ''}
${renderTable(
  ['status', 'body', 'meaning'],
  Object.entries(responses).map(([status, response]) => [
    status,
    Object.entries(response.content ?? {})
      .map(([type, { schema }]) => (schema ? typeOf(schema) : `<code>${html(type)}</code>`))
      .join(', '),
    html(response.description).replaceAll('\n\n', '<br>'),
  ]),
)}
${operation['x-example'] ? `<pre>${html(curlOf(path, method, operation, api))}</pre>` : ''}
</article>`
}

const whoIs: Record<string, string> = {
  nobody: 'anybody',
  user: "holders of a user's token",
  share: 'holders of a share link',
  anonymousId: 'holders of an anonymous id',
  admin: 'holders of an admin token',
  metrics: 'holders of METRICS_TOKEN',
}

export function curlOf(
  path: string,
  method: string,
  { parameters = [], requestBody, security }: DescribedOperation,
  api: ApiDescription,
): string {
  const inPath = parameters.filter((each) => each.in === 'path')
  const target = inPath.reduce((left, { name, example = '' }) => left.replace(`{${name}}`, String(example)), path)
  const query = parameters.filter((each) => each.in === 'query' && each.example !== undefined)
  const search = query.map(({ name, example = '' }) => `${name}=${encodeURIComponent(example)}`).join('&')
  const example = requestBody?.content['application/json']?.example
  const [name] = Object.keys(security[0] ?? {})
  const header = name === 'anonymousId' ? 'Sightline-Anonymous-Id: YOUR_ID' : 'Authorization: Bearer YOUR_TOKEN'
  const origin = api.servers[0]?.url === '/' ? 'http://127.0.0.1:8787' : api.servers[0]?.url
  return [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    ...(name === undefined ? [] : [`-H '${header}'`]),
    ...(example === undefined ? [] : [`-H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`]),
    `'${origin}${target}${search === '' ? '' : `?${search}`}'`,
  ].join(' ')
}

const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => `<tr>${cells('td', row)}</tr>`)
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${lines.join('')}</tbody></table>`
}

function renderSchema(schema: JsonSchema): string {
  const { properties } = schema
  if (!properties) return `<p>${typeOf(schema)}</p>`
  return renderTable(
    ['field', 'value', 'meaning'],
    fieldRows('', schema).map(([name, each, isRequired]) => [
      `<code>${html(name)}</code>${isRequired ? '' : ' <i>may be missing</i>'}`,
      typeOf(each),
      html(each.description ?? ''),
    ]),
  )
}

/** Fields with those inside them, by their path. */
function fieldRows(prefix: string, { properties = {}, required = [] }: JsonSchema): [string, JsonSchema, boolean][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`
    const own: [string, JsonSchema, boolean] = [path, schema, required.includes(name)]
    const objects = [schema, ...(schema.anyOf ?? [])].filter((each) => each.properties)
    const items = [schema, ...(schema.anyOf ?? [])].flatMap((each) => (each.items?.properties ? [each.items] : []))
    return [
      own,
      ...objects.flatMap((each) => fieldRows(`${path}.`, each)),
      ...items.flatMap((each) => fieldRows(`${path}[].`, each)),
    ]
  })
}

function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, type, items, format, minimum, maximum, additionalProperties } = schema
  if ($ref !== undefined) {
    const name = html($ref.slice($ref.lastIndexOf('/') + 1))
    return `<a href="#schema-${name}">${name}</a>`
  }
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' or ')
  if (schema.enum) return schema.enum.map((value) => `<code>${html(String(value))}</code>`).join(' ')
  if (schema.const !== undefined) return `<code>${html(String(schema.const))}</code>`
  if (items) return `list of ${typeOf(items)}`
  if (isRefusal(schema)) return '<code>{ error: { code, message } }</code>'
  if (typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`
  const range = [minimum === undefined ? '' : `from ${minimum}`, maximum === undefined ? '' : `to ${maximum}`]
  const fallback = schema.default === undefined ? '' : `, else <code>${html(JSON.stringify(schema.default))}</code>`
  return `${[[type].flat().join(' or '), format, ...range]
    .filter(Boolean)
    .map((part) => html(String(part)))
    .join(' ')}${fallback}`
}

const isRefusal = ({ properties }: JsonSchema) => properties?.error !== undefined

export const docsStyle = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 0; display: grid; grid-template-columns: minmax(15rem, 22rem) minmax(0, 60rem); gap: 2rem }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box; font-size: 13px }
nav ul { list-style: none; padding: 0 }
main { padding: 1rem }
article { border-top: 1px solid #8884; padding: .5rem 0 1rem }
h3 { font-family: ui-monospace, monospace; font-size: 1rem; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 13px; display: block; overflow-x: auto }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8883 }
pre { overflow-x: auto; padding: .6rem; background: #8882; border-radius: 4px }
.who, i { opacity: .75 }
:target { outline: 2px solid #48f; outline-offset: 4px }
@media (max-width: 50rem) { body { display: block } nav { position: static; height: auto } }
`
