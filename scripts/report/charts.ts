/**
 * Charts as inline SVG, drawn by echarts without a browser. Colours are drawn with placeholders that become CSS variables
 * (palette.ts), so that one picture is legible on light and on dark paper.
 */
import { type EChartsCoreOption, init } from 'echarts'
import { escapeHtml } from './escape.ts'
import { INK, MUTED, onPaper, PAPER, RULE, SERIES, seriesColour } from './palette.ts'

const WIDTH = 960
/** Lines differ by dash and marks as well as by colour: not everybody sees colours, and printers may not print them. */
const DASHES = ['solid', 'dashed', 'dotted', [8, 3, 2, 3], [2, 2], [12, 4]] as const
const MARKS_UP_TO = 40

let drawn = 0

const draw = (title: string, description: string, height: number, option: EChartsCoreOption): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption({ animation: false, color: [...SERIES], textStyle: { fontFamily: 'inherit' }, ...option })
    const id = `chart-${++drawn}`
    const svg = onPaper(chart.renderToSVGString())
      // Every chart's names are its own: several share one page.
      .replaceAll(/\bzr\d+-/g, `${id}-`)
      .replace(/<style\b[\s\S]*?<\/style>/, '')
      // What is left of effects for a pointer, which paper has not.
      .replaceAll(/ (?:ecmeta_\w+|class)="[^"]*"/g, '')
      .replace(
        /^<svg [^>]*>/,
        `<svg viewBox="0 0 ${WIDTH} ${height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${escapeHtml(title)}</title><desc id="${id}-desc">${escapeHtml(description)}</desc>`,
      )
    return `<figure class="chart"><figcaption>${escapeHtml(title)}</figcaption>${svg}</figure>`
  } finally {
    chart.dispose()
  }
}

const axis = (name: string, where: 'x' | 'y') => ({
  name,
  nameLocation: 'middle',
  nameGap: where === 'x' ? 30 : 52,
  nameTextStyle: { color: MUTED, fontSize: 13 },
  axisLabel: { color: MUTED, fontSize: 12 },
  axisLine: { show: true, lineStyle: { color: RULE } },
  axisTick: { lineStyle: { color: RULE } },
  splitLine: { show: where === 'y', lineStyle: { color: RULE } },
})

const legend = (count: number) => ({
  show: count > 1,
  top: 4,
  icon: 'roundRect',
  itemWidth: 26,
  itemGap: 24,
  textStyle: { color: INK, fontSize: 13 },
  inactiveColor: MUTED,
})

const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3))

const spread = (values: readonly number[]): string => {
  const known = values.filter((value) => Number.isFinite(value))
  if (known.length === 0) return 'no values'
  const least = known.reduce((a, b) => Math.min(a, b))
  const most = known.reduce((a, b) => Math.max(a, b))
  return `${known.length} values from ${short(least)} to ${short(most)}, last ${short(known.at(-1) as number)}`
}

export interface LineSeries {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** Points in the order of x; a `y` of NaN is a gap. With `logY`, what is not above zero is left out. */
export const lineChart = (chart: {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly LineSeries[]
  readonly logY?: boolean
}): string =>
  draw(
    chart.title,
    chart.series.map(({ name, points }) => `${name}: ${spread(points.map(([, y]) => y))}.`).join(' '),
    340,
    {
      grid: { left: 76, right: 24, top: chart.series.length > 1 ? 44 : 18, bottom: 52 },
      legend: { ...legend(chart.series.length), icon: 'inherit' },
      xAxis: { type: 'value', scale: true, ...axis(chart.xLabel, 'x') },
      yAxis: { type: chart.logY ? 'log' : 'value', ...axis(chart.yLabel, 'y') },
      series: chart.series.map(({ name, points }, i) => ({
        type: 'line',
        name,
        data: chart.logY ? points.filter(([, y]) => !(y <= 0)) : points,
        showSymbol: points.length <= MARKS_UP_TO,
        symbol: ['circle', 'rect', 'triangle', 'diamond', 'circle', 'rect'][i % 6],
        symbolSize: 6,
        lineStyle: { width: 2, type: DASHES[i % DASHES.length] },
        itemStyle: { color: seriesColour(i) },
      })),
    },
  )

export interface BarSeries {
  readonly name: string
  /** One for each category. */
  readonly values: readonly number[]
}

/** Bars lie on their side, so that long names can be read; each says its value. */
export const barChart = (chart: {
  readonly title: string
  readonly yLabel: string
  readonly categories: readonly string[]
  readonly series: readonly BarSeries[]
}): string =>
  draw(
    chart.title,
    chart.series
      .map(
        ({ name, values }) => `${name}: ${chart.categories.map((each, i) => `${each} ${values[i] ?? 0}`).join(', ')}.`,
      )
      .join(' '),
    70 + chart.categories.length * Math.max(26, chart.series.length * 18 + 8),
    {
      grid: {
        left: 16 + 7.2 * chart.categories.reduce((most, each) => Math.max(most, each.length), 4),
        right: 64,
        top: chart.series.length > 1 ? 40 : 8,
        bottom: 46,
      },
      legend: legend(chart.series.length),
      xAxis: {
        type: 'value',
        ...axis(chart.yLabel, 'x'),
        splitLine: { show: true, lineStyle: { color: RULE } },
        axisLine: { show: false },
      },
      yAxis: {
        type: 'category',
        data: chart.categories,
        inverse: true,
        axisLabel: { color: INK, fontSize: 13 },
        axisLine: { show: true, lineStyle: { color: RULE } },
        axisTick: { show: false },
      },
      series: chart.series.map(({ name, values }, i) => ({
        type: 'bar',
        name,
        data: values,
        barMaxWidth: 18,
        itemStyle: { color: seriesColour(i), borderRadius: [0, 2, 2, 0] },
        label: {
          show: true,
          position: 'right',
          color: INK,
          fontSize: 12,
          formatter: ({ value }: { value: number }) => short(value),
        },
      })),
    },
  )

export interface TimelineRow {
  readonly name: string
  /** Rows of one group have one colour; without groups each row has its own. */
  readonly group?: string
  /** Milliseconds from the beginning; the label is written into the span where there is room. */
  readonly spans: readonly (readonly [fromMs: number, toMs: number, label: string])[]
}

const PX_PER_LETTER = 6.6
const ROW_PX = 22

/** What was going on when: a line for each row, a block for each span. */
export const timeline = (chart: { readonly title: string; readonly rows: readonly TimelineRow[] }): string => {
  const { rows } = chart
  const groups = [...new Set(rows.map(({ group, name }) => group ?? name))]
  const colours = rows.map(({ group, name }) => seriesColour(groups.indexOf(group ?? name)))
  const left = 20 + 7.2 * rows.reduce((most, { name }) => Math.max(most, name.length), 4)
  const data = rows.flatMap(({ spans }, row) =>
    spans.map(([fromMs, toMs, label]) => ({ value: [row, fromMs / 1_000, toMs / 1_000], name: label })),
  )
  return draw(
    chart.title,
    rows.map(({ name, spans }) => `${name}: ${spans.length} times.`).join(' '),
    62 + rows.length * ROW_PX,
    {
      grid: { left, right: 24, top: 8, bottom: 46 },
      xAxis: {
        type: 'value',
        min: 0,
        ...axis('seconds since the beginning', 'x'),
        splitLine: { show: true, lineStyle: { color: RULE } },
      },
      yAxis: {
        type: 'category',
        data: rows.map(({ name }) => name),
        inverse: true,
        // Every row says its name, however many there are.
        axisLabel: { color: INK, fontSize: 13, interval: 0 },
        axisLine: { show: true, lineStyle: { color: RULE } },
        axisTick: { show: false },
      },
      series: [
        {
          type: 'custom',
          data,
          encode: { x: [1, 2], y: 0 },
          renderItem: (
            params: { dataIndex: number },
            api: { value(at: number): number; coord(point: readonly [number, number]): [number, number] },
          ) => {
            const row = api.value(0)
            const [x, y] = api.coord([api.value(1), row])
            const [end] = api.coord([api.value(2), row])
            const width = Math.max(3, end - x)
            const label = data[params.dataIndex]?.name ?? ''
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x, y: y - 8, width, height: 16, r: 2 },
                  style: { fill: colours[row] },
                },
                ...(label.length * PX_PER_LETTER < width - 6
                  ? [
                      {
                        type: 'text',
                        x: x + 4,
                        y: y - 6,
                        style: { text: label, fill: PAPER, fontSize: 11, fontFamily: 'inherit' },
                      },
                    ]
                  : []),
              ],
            }
          },
        },
      ],
    },
  )
}
