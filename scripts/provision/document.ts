import { ISA, type Shape } from './isa.ts'

const between = (text: string, mark: string, inner: string): string => {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`]
  const [before, rest] = text.split(open) as [string, string]
  return `${before}${open}\n${inner}\n${close}${rest.split(close)[1]}`
}

const operands = ({ a, b, c, x, jumps }: Shape): string =>
  [a && 'a', b && 'b', c && (c === 'register' ? 'c' : `c: ${c}`), x && `x: ${x}`, jumps && '→y']
    .filter(Boolean)
    .join(', ')

const table = (): string =>
  [
    '| | Instruction | Operands | Does |',
    '|---|---|---|---|',
    ...ISA.map((shape, code) => `| ${code} | \`${shape.name}\` | ${operands(shape)} | ${shape.does} |`),
  ].join('\n')

/** docs/gateways.md with the instruction set and the start of a disassembly as they are. */
export const documentIsa = (text: string, disassembly: string): string => {
  const lines = disassembly.slice(disassembly.indexOf('\n\n') + 2).split('\n')
  const request = lines.findIndex((line) => line.includes('"POST'))
  const end = lines.findIndex((line) => /^\s+\d+\s+Halt/.test(line))
  const excerpt = [...lines.slice(0, 14), '       …', ...lines.slice(request, end + 1)].join('\n')
  return between(between(text, 'isa', table()), 'asm', `\`\`\`\n${excerpt}\n\`\`\``)
}
