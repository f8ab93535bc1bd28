import type { EChartsCoreOption } from 'echarts/core'
import { numberText } from '../../format/number.ts'
import { axisText, siteOffsetMs } from '../../format/time.ts'
import { fontFamily, type Tokens } from '../../ui/tokens.ts'
import type { ChartData, Place } from './chart-data.ts'
import type { Span } from './plan-query.ts'

export type ChartLook = {
  readonly data: ChartData
  readonly span: Span
  readonly colours: Tokens
  readonly unit: string
  readonly locale: string
  readonly isStepped: boolean
  readonly words: { readonly bad: string; readonly stale: string }
}

/**
 * What ECharts draws. Its time axis knows only the browser's zone and UTC, so every instant is moved by the site's offset
 * and the axis told that it is UTC: ticks then fall on the site's full hours and midnights.
 */
export function chartOption({
  data,
  span,
  colours,
  unit,
  locale,
  isStepped,
  words,
}: ChartLook): EChartsCoreOption {
  const offset = siteOffsetMs(span.to)
  const moved = (places: readonly Place[]) => places.map(([t, y]) => [t + offset, y])
  const length = span.to - span.from
  const text = { color: colours.muted, fontFamily, fontSize: 12 }
  const line = {
    type: 'line',
    showSymbol: false,
    connectNulls: false,
    silent: true,
    animation: false,
  } as const
  return {
    useUTC: true,
    animation: false,
    textStyle: text,
    grid: { left: 8, right: 20, top: unit === '' ? 16 : 34, bottom: 4, containLabel: true },
    // The reading is shown under the chart, where no finger covers it and no touch is kept from scrolling.
    tooltip: { trigger: 'axis', showContent: false, axisPointer: { lineStyle: { color: colours.muted } } },
    xAxis: {
      type: 'time',
      min: span.from + offset,
      max: span.to + offset,
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { ...text, hideOverlap: true, formatter: (at: number) => axisText(at - offset, length) },
    },
    yAxis: [valueAxis({ data, colours, unit, locale }), { type: 'value', min: 0, max: 1, show: false }],
    series: [
      ...bandSeries(data, moved, colours, line),
      {
        ...line,
        name: 'value',
        data: moved(data.line),
        showSymbol: data.line.length < 80,
        symbolSize: 5,
        ...(isStepped ? { step: 'end' } : {}),
        lineStyle: { color: colours.series, width: 1.8 },
        itemStyle: { color: colours.series },
      },
      { ...marksAt(moved(data.lone), colours.series), name: 'lone', symbolSize: 5 },
      {
        ...marksAt(
          data.stale.filter(([, y]) => y !== null).map(([t, y]) => [t + offset, y]),
          colours.stale,
        ),
        name: words.stale,
        symbol: 'emptyRect',
      },
      {
        ...marksAt(
          data.bad.map((t) => [t + offset, 0.02]),
          colours.bad,
        ),
        name: words.bad,
        yAxisIndex: 1,
        symbol:
          'path://M0 0 L2 0 L5 3 L8 0 L10 0 L10 2 L7 5 L10 8 L10 10 L8 10 L5 7 L2 10 L0 10 L0 8 L3 5 L0 2 Z',
      },
    ],
  }
}

type AxisLook = Pick<ChartLook, 'data' | 'colours' | 'unit' | 'locale'>

function valueAxis({ data, colours, unit, locale }: AxisLook) {
  const text = { color: colours.muted, fontFamily, fontSize: 12 }
  const split = { lineStyle: { color: colours.hairline } }
  const { states } = data
  if (states.length === 0) {
    return {
      type: 'value',
      scale: true,
      name: unit,
      nameTextStyle: { ...text, align: 'right' },
      splitLine: split,
      axisLabel: { ...text, formatter: (value: number) => numberText(value, locale) },
    }
  }
  return {
    type: 'category',
    data: [...states],
    splitLine: { ...split, show: true },
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: text,
  }
}

type Move = (places: readonly Place[]) => (number | null)[][]

/** Lowest to highest as a pale band behind the line: the lowest invisible, the difference stacked upon it. */
function bandSeries({ low, high }: ChartData, moved: Move, colours: Tokens, line: object): object[] {
  if (low.length === 0) return []
  const difference = high.map(([t, y], index): Place => {
    const bottom = low[index]?.[1] ?? null
    return [t, y === null || bottom === null ? null : y - bottom]
  })
  const hidden = {
    ...line,
    stack: 'band',
    lineStyle: { opacity: 0 },
    itemStyle: { opacity: 0 },
    stackStrategy: 'all',
  }
  return [
    { ...hidden, name: 'low', data: moved(low) },
    { ...hidden, name: 'high', data: moved(difference), areaStyle: { color: colours.series, opacity: 0.18 } },
  ]
}

function marksAt(data: (number | null)[][], color: string) {
  return { type: 'scatter', data, symbolSize: 9, silent: true, animation: false, itemStyle: { color } }
}
