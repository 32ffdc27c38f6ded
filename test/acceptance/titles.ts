/** A title of `it.each`, or one in backticks, stands in the source with holes; in a report they are filled. */
const HOLE = /%(?:[sdifjoO#]|%)|\$\{[^}]*\}|\$[A-Za-z_][\w.]*/g

/** Matches what a report calls a test of which `name` is a title, the beginning of one, or what fills the hole of one. */
export const titlePattern = (name: string): RegExp => {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  let pattern = ''
  let from = 0
  for (const hole of name.matchAll(HOLE)) {
    pattern += `${literal(name.slice(from, hole.index))}.*`
    from = hole.index + hole[0].length
  }
  return new RegExp(pattern + literal(name.slice(from)))
}

/** How often `name` begins a quoted text of a TypeScript source. */
export const titlesIn = (source: string, name: string): number => {
  const written = name.replaceAll("'", "\\'")
  const quoted = [`'${written}`, `"${name}`, `\`${name}`]
  return quoted.reduce((sum, text) => sum + source.split(text).length - 1, 0)
}

/** How often a Rust source has a test function of this name. */
export const functionsIn = (source: string, name: string): number =>
  source.match(new RegExp(`^\\s*fn ${name}\\(`, 'gm'))?.length ?? 0

/** Row ids in the titles of a source: in quoted texts, and in names of Rust functions. */
export const rowIdsIn = (source: string, language: 'ts' | 'rs'): readonly string[] => {
  if (language === 'rs') {
    return [...source.matchAll(/\bfn ((?:t\d\d_)+)/g)].flatMap(([, ids]) =>
      (ids ?? '').toUpperCase().split('_').filter(Boolean),
    )
  }
  return [...source.matchAll(/['"`]((?:T\d\d[, ]+)*T\d\d): /g)].flatMap(([, ids]) => (ids ?? '').split(/[, ]+/))
}
