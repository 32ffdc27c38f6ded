/** `Upstash-Retry-Delay`: arithmetic over `retried`, result in ms. Parsed by hand: an expression from outside is never code. */
type Evaluate = (retried: number) => number

const FUNCTIONS: Readonly<Record<string, { readonly arity: number; readonly apply: (...values: number[]) => number }>> =
  {
    pow: { arity: 2, apply: (x, y) => (x as number) ** (y as number) },
    sqrt: { arity: 1, apply: (x) => Math.sqrt(x as number) },
    abs: { arity: 1, apply: (x) => Math.abs(x as number) },
    exp: { arity: 1, apply: (x) => Math.exp(x as number) },
    floor: { arity: 1, apply: (x) => Math.floor(x as number) },
    ceil: { arity: 1, apply: (x) => Math.ceil(x as number) },
    round: { arity: 1, apply: (x) => Math.round(x as number) },
    min: { arity: 2, apply: (x, y) => Math.min(x as number, y as number) },
    max: { arity: 2, apply: (x, y) => Math.max(x as number, y as number) },
  }

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([a-z]+)|([-+*/(),]))/y
const LENGTH_MAX = 256

const tokensOf = (text: string): string[] | null => {
  if (text.length > LENGTH_MAX) return null
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const trimmed = text.trimEnd()
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed)
    if (!match) return null
    tokens.push((match[1] ?? match[2] ?? match[3]) as string)
  }
  return tokens
}

/** Null when the text is not an expression. The length limit bounds the depth of the recursion. */
export const parseRetryExpression = (text: string): Evaluate | null => {
  const tokens = tokensOf(text)
  if (!tokens) return null
  let at = 0
  const take = (token: string): boolean => tokens[at] === token && ++at > 0

  const factor = (): Evaluate | null => {
    const token = tokens[at++]
    if (token === undefined) return null
    if (token === '-') {
      const inner = factor()
      return inner && ((retried) => -inner(retried))
    }
    if (token === '(') {
      const inner = sum()
      return inner && take(')') ? inner : null
    }
    if (/^\d/.test(token)) return () => Number(token)
    if (token === 'retried') return (retried) => retried
    const known = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined
    if (!known || !take('(')) return null
    const values: Evaluate[] = []
    do {
      const value = sum()
      if (!value) return null
      values.push(value)
    } while (take(','))
    if (!take(')') || values.length !== known.arity) return null
    return (retried) => known.apply(...values.map((value) => value(retried)))
  }

  const chain = (operand: () => Evaluate | null, operators: Record<string, (a: number, b: number) => number>) => () => {
    let left = operand()
    while (left) {
      const apply = operators[tokens[at] ?? '']
      if (!apply) return left
      at++
      const [first, second] = [left, operand()]
      left = second && ((retried) => apply(first(retried), second(retried)))
    }
    return null
  }
  const product = chain(factor, { '*': (a, b) => a * b, '/': (a, b) => a / b })
  const sum: () => Evaluate | null = chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b })

  const whole = sum()
  return whole && at === tokens.length ? whole : null
}
