/**
 * The colours of reports. echarts wants colours that it can parse, and a page that follows light and dark wants variables:
 * so charts are drawn with these placeholders, which nobody would choose, and `onPaper` turns each into its variable.
 */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '#010203': 'var(--ink)',
  '#010204': 'var(--muted)',
  '#010205': 'var(--rule)',
  '#010206': 'var(--paper)',
  '#010211': 'var(--s1)',
  '#010212': 'var(--s2)',
  '#010213': 'var(--s3)',
  '#010214': 'var(--s4)',
  '#010215': 'var(--s5)',
  '#010216': 'var(--s6)',
}

export const INK = '#010203'
export const MUTED = '#010204'
export const RULE = '#010205'
export const PAPER = '#010206'
export const SERIES = ['#010211', '#010212', '#010213', '#010214', '#010215', '#010216'] as const

export const seriesColour = (i: number): string => SERIES[i % SERIES.length] as string

const rgb = (hex: string): string =>
  `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(',')})`

/** White and black are echarts' own: the paper behind marks, and the ink. */
export const onPaper = (svg: string): string => {
  let text = svg.replaceAll(/"#fff(fff)?"/gi, '"var(--paper)"').replaceAll(/"#000(000)?"/g, '"var(--ink)"')
  for (const [hex, variable] of Object.entries(PLACEHOLDERS)) {
    text = text.replaceAll(hex, variable).replaceAll(rgb(hex), variable)
  }
  return text
}

/**
 * Contrast on the paper (WCAG 2): ink, muted and words in verdicts at least 4.5 : 1, series at least 3 : 1; neighbours in
 * the list also differ in lightness, for those who do not see the hue. Checked by test/chaos/report.test.ts.
 */
export const LIGHT: Readonly<Record<string, string>> = {
  '--paper': '#ffffff',
  '--ink': '#1b1f24',
  '--muted': '#57606a',
  '--rule': '#d8dee4',
  '--shade': '#f4f6f8',
  '--good': '#116329',
  '--bad': '#a40e26',
  '--s1': '#0b5cad',
  '--s2': '#b3541e',
  '--s3': '#1a7f5a',
  '--s4': '#7b3fa0',
  '--s5': '#8a6d00',
  '--s6': '#a8326e',
}

export const DARK: Readonly<Record<string, string>> = {
  '--paper': '#14181d',
  '--ink': '#e8ecf0',
  '--muted': '#a3adb8',
  '--rule': '#363d46',
  '--shade': '#1d232a',
  '--good': '#5fd38a',
  '--bad': '#ff8f8f',
  '--s1': '#6cb2ff',
  '--s2': '#ffa45e',
  '--s3': '#5ad1a4',
  '--s4': '#c99bf0',
  '--s5': '#e3c14e',
  '--s6': '#ff8fc0',
}
