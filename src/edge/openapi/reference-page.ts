import { html, raw } from 'hono/html'
import { GUIDES } from './guides.ts'
import { REFERENCE_STYLE } from './reference-style.ts'

type Json = Readonly<Record<string, unknown>>
type Html = ReturnType<typeof html>

const entries = (value: unknown): [string, Json][] => Object.entries((value ?? {}) as Record<string, Json>)
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const nameOf = (ref: unknown): string => words(ref).split('/').at(-1) ?? ''

/** A type in a few words, with a link where it has a name. */
const typeOf = (schema: Json): Html => {
  if (schema['$ref']) {
    const name = nameOf(schema['$ref'])
    return html`<a href="#${name}">${name}</a>`
  }
  const alternatives = list(schema['oneOf'] ?? schema['anyOf'] ?? schema['allOf'])
  if (alternatives.length > 0)
    return html`${alternatives.map((one, i) => html`${i === 0 ? '' : ' or '}${typeOf(one)}`)}`
  if (Array.isArray(schema['enum'])) return html`${schema['enum'].map((one) => JSON.stringify(one)).join(' | ')}`
  if (schema['type'] === 'array') return html`list of ${typeOf((schema['items'] ?? {}) as Json)}`
  return html`${words(schema['format']) || words(schema['type']) || 'anything'}`
}

const limitsOf = (schema: Json): string =>
  [
    ...(schema['minimum'] === undefined ? [] : [`from ${schema['minimum']}`]),
    ...(schema['maximum'] === undefined ? [] : [`to ${schema['maximum']}`]),
    ...(schema['maxLength'] === undefined ? [] : [`at most ${schema['maxLength']} characters`]),
    ...(schema['maxProperties'] === undefined ? [] : [`at most ${schema['maxProperties']} entries`]),
    ...(schema['default'] === undefined ? [] : [`${schema['default']} if left out`]),
  ].join(', ')

const row = (name: string, schema: Json, required: boolean, note = words(schema['description'])): Html => {
  const example = list(schema['examples'])[0]
  const remarks = [note, limitsOf(schema), example === undefined ? '' : `such as ${String(example)}`]
  return html`<tr><th scope="row"><code>${name}</code>${required ? html` <b>required</b>` : ''}</th>
<td>${typeOf(schema)}</td><td>${remarks
    .filter((text) => text !== '')
    .map((text) => text.replace(/\.$/, ''))
    .join('; ')}</td></tr>`
}

const fields = (schema: Json): Html | string => {
  const required = (schema['required'] ?? []) as readonly string[]
  const properties = entries(schema['properties'])
  if (properties.length === 0) return ''
  return html`<table><tbody>${properties.map(([name, one]) => row(name, one, required.includes(name)))}</tbody></table>`
}

const KEYS: Readonly<Record<string, string>> = { secretKey: 'secret key', publishableKey: 'publishable key' }

const operationOf = (path: string, method: string, operation: Json): Html => {
  const keys = list(operation['security']).flatMap((one) => Object.keys(one).map((name) => KEYS[name] ?? name))
  const body = (operation['requestBody'] ?? {}) as Json
  const [media] = entries(body['content'])
  return html`<section id="${words(operation['operationId'])}">
<h3>${words(operation['summary'])}</h3>
<p class="route"><code><b>${method.toUpperCase()}</b> ${path}</code> <small>${keys.join(' or ') || 'no key'}</small></p>
${operation['description'] ? html`<p>${words(operation['description'])}</p>` : ''}
${
  list(operation['parameters']).length === 0
    ? ''
    : html`<table><caption>Parameters</caption><tbody>${list(operation['parameters']).map((one) =>
        row(
          `${words(one['name'])}`,
          (one['schema'] ?? {}) as Json,
          one['required'] === true,
          [words(one['in']), words(one['description'])].filter((text) => text !== '').join(': '),
        ),
      )}</tbody></table>`
}
${media ? html`<p>Body${body['required'] === true ? '' : ' (may be left out)'}: ${typeOf((media[1]['schema'] ?? {}) as Json)}, <code>${media[0]}</code></p>` : ''}
<table><caption>Answers</caption><tbody>${entries(operation['responses']).map(([status, answer]) => {
    const [content] = entries(answer['content'])
    const isProblem = content?.[0] === 'application/problem+json'
    const headers = entries(answer['headers']).map(([name]) => name)
    return html`<tr><th scope="row"><code>${status}</code></th>
<td>${content ? (isProblem ? html`<a href="#problems">problem</a>` : content[0] === 'application/json' ? typeOf((content[1]['schema'] ?? {}) as Json) : content[0]) : 'empty'}</td>
<td>${words(answer['description'])}${headers.length > 0 ? html` <small>${headers.join(', ')}</small>` : ''}</td></tr>`
  })}</tbody></table>
</section>`
}

const layout = (title: string, navigation: Html | string, contents: Html, nonce: string) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">${raw(REFERENCE_STYLE)}</style>
</head>
<body>
<nav aria-label="Contents">
<p><a href="/docs">API reference</a></p>
<p>Guides</p>
<ul>${Object.entries(GUIDES).map(([name, guide]) => html`<li><a href="/docs/guides/${name}">${guide.title}</a></li>`)}</ul>
${navigation}
</nav>
<main>
${contents}
</main>
</body>
</html>
`

/** One guide, as scripts/guides.ts has rendered it from our own text; undefined: there is none of this name. */
export const guidePage = (name: string, nonce: string) => {
  const guide = Object.hasOwn(GUIDES, name) ? GUIDES[name] : undefined
  return guide && layout(guide.title, '', html`${raw(guide.body)}`, nonce)
}

/**
 * The API description for people: one page that asks nobody for anything and runs no script, made of the same document.
 */
export const referencePage = (document: Json, nonce: string) => {
  const info = document['info'] as Json
  const paths = entries(document['paths'])
  const operations = paths.flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tagOf = (operation: Json) => ((operation['tags'] ?? []) as readonly string[])[0] ?? ''
  const tags = list(document['tags']).map(({ name }) => words(name))
  const schemas = entries((document['components'] as Json)['schemas'])
  const contents = html`
<h1>${words(info['title'])} API</h1>
<p>${words(info['summary'])} ${words(info['description']).replaceAll('`', '')}</p>
<p>The same for machines: <a href="/openapi.json">/openapi.json</a> (OpenAPI ${words(document['openapi'])}).</p>
${tags.map(
  (tag) => html`<h2>${tag}</h2>
${operations
  .filter(({ operation }) => tagOf(operation) === tag)
  .map(({ path, method, operation }) => operationOf(path, method, operation))}`,
)}
<h2 id="problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457). Branch on <code>code</code>; show nobody <code>detail</code> but for <code>payment_rejected</code>; quote <code>instance</code> when you ask.</p>
<table><tbody>${list(document['x-problems']).map(
    ({ code, status, cause, fix }) =>
      html`<tr id="problem-${words(code)}"><th scope="row"><code>${words(code)}</code> <small>${String(status)}</small></th><td>${words(cause)}</td><td>${words(fix)}</td></tr>`,
  )}</tbody></table>
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => html`<section id="${name}"><h3>${name}</h3>${fields(schema)}</section>`)}
`
  const navigation = html`${tags.map(
    (tag) => html`<p>${tag}</p>
<ul>${operations
      .filter(({ operation }) => tagOf(operation) === tag)
      .map(
        ({ operation }) =>
          html`<li><a href="#${words(operation['operationId'])}">${words(operation['summary'])}</a></li>`,
      )}</ul>`,
  )}
<p><a href="#problems">Problems</a></p>
<p><a href="#schemas">Schemas</a></p>`
  return layout(`${words(info['title'])} API`, navigation, contents, nonce)
}
