import { expect, it } from 'vitest'
import { barChart, lineChart, timeline } from '../../scripts/report/charts.ts'
import { banner, figures, note, page, table } from '../../scripts/report/page.ts'
import { DARK, LIGHT } from '../../scripts/report/palette.ts'

const charts = () => [
  lineChart({
    title: 'Latency <over> time',
    xLabel: 's',
    yLabel: 'ms',
    logY: true,
    series: [
      {
        name: 'p50',
        points: [
          [0, 1],
          [1, 20],
        ],
      },
      {
        name: 'p99',
        points: [
          [0, 100],
          [1, 0],
        ],
      },
    ],
  }),
  barChart({
    title: 'Fates',
    yLabel: 'payments',
    categories: ['succeeded', 'failed'],
    series: [{ name: 'n', values: [90, 7] }],
  }),
  timeline({
    title: 'Faults',
    rows: [
      { name: 'Redis down', spans: [[0, 2_000, 'down']] },
      { name: 'crash', spans: [[500, 500, '']] },
    ],
  }),
]

it('a report is one file that asks nobody for anything', () => {
  const html = page('A report', [banner(true, 'all held'), figures([['payments', '12']]), ...charts()])
  const asked = [...html.matchAll(/\b(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]*)/g)].map(([, target]) => target)
  expect(asked.filter((target) => !target?.startsWith('#'))).toEqual([])
  expect(html).not.toMatch(/<script|<link|@import|<iframe/)
  const addresses = [...html.matchAll(/https?:\/\/[^"'\s<]*/g)].map(([address]) => address)
  // The name of SVG, which nobody fetches.
  expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']))
})

it('every colour of a chart is a variable of the page, defined for light, dark and print', () => {
  const html = page('A report', charts())
  const svg = [...html.matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([text]) => text)
  expect(svg).toHaveLength(3)
  for (const text of svg) {
    // Clipping paths and areas that are not seen have a colour that nobody sees.
    const seen = text
      .replaceAll(/<defs[\s\S]*?<\/defs>/g, '')
      .replaceAll(/<[^>]*(?:fill-opacity="0"|fill="none" pointer-events)[^>]*>/g, '')
    expect(seen).toContain('var(--')
    expect([...seen.matchAll(/(?:fill|stroke)="(#[0-9a-f]+|rgb[^"]*)"/gi)].map(([, colour]) => colour)).toEqual([])
    for (const [, name] of text.matchAll(/var\((--\w+)\)/g)) {
      expect(LIGHT).toHaveProperty([name as string])
      expect(DARK).toHaveProperty([name as string])
    }
  }
  expect(Object.keys(DARK)).toEqual(Object.keys(LIGHT))
})

const luminance = (hex: string): number => {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const contrast = (a: string, b: string): number => {
  const [darker, lighter] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

it.each([
  ['light', LIGHT],
  ['dark', DARK],
])('words have a contrast of 4.5 and lines of 3 on %s paper and shade', (_, colours) => {
  const short: string[] = []
  for (const [name, value] of Object.entries(colours)) {
    if (name === '--paper' || name === '--shade' || name === '--rule') continue
    const least = name.startsWith('--s') ? 3 : 4.5
    for (const ground of ['--paper', '--shade']) {
      const ratio = contrast(value, colours[ground] as string)
      if (ratio < least) short.push(`${name} on ${ground}: ${ratio.toFixed(2)}`)
    }
  }
  expect(short).toEqual([])
})

it('what is told is escaped, and charts tell in words what they show', () => {
  const html = page('<b>', [note('a < b & "c"'), table(['name', 'n'], [['<i>', 1]]), ...charts()])
  expect(html).toContain('<title>&lt;b&gt;</title>')
  expect(html).toContain('a &lt; b &amp; &quot;c&quot;')
  expect(html).toContain('<th scope="row">&lt;i&gt;</th><td class="number">1</td>')
  expect(html).toContain('<figcaption>Latency &lt;over&gt; time</figcaption>')
  expect(html).toMatch(/<desc id="[^"]+">p50: 2 values from 1 to 20, last 20\. p99:/)
  expect(html).toContain('n: succeeded 90, failed 7.')
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

it('the same values make the same picture', () => {
  const bare = (html: string) => html.replaceAll(/chart-\d+/g, 'chart')
  expect(charts().map(bare)).toEqual(charts().map(bare))
})
