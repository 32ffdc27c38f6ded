import { LIGHT } from './palette.ts'

/** A chart as an SVG file of its own, on light paper: where no page says what the colours are. */
export const standaloneSvg = (figure: string): string => {
  const svg = /<svg [\s\S]*<\/svg>/.exec(figure)?.[0]
  if (svg === undefined) throw new Error('there is no chart in this')
  return `${svg
    .replaceAll(/var\((--[\w-]+)\)/g, (_, name: string) => LIGHT[name] ?? 'currentColor')
    .replace('<svg ', '<svg font-family="sans-serif" ')
    // Behind everything that is drawn, and after the title, which readers look for first.
    .replace('</desc>', `</desc><rect width="100%" height="100%" fill="${LIGHT['--paper']}"/>`)}\n`
}
