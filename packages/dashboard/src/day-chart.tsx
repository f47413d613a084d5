// Draws days as lines on a canvas. Colours come from the style sheet, so that light and dark are decided in one place.
import type { DayCounts } from '@sightline/collector/stats'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { formats } from './format'

export type ChartMetric = 'impressions' | 'views' | 'clicks'

const metrics: ChartMetric[] = ['impressions', 'views', 'clicks']

/** Height of the plot with its axes, in pixels. */
const HEIGHT = 260

/** Room one day's label needs on the axis, in pixels. */
const DAY_LABEL_WIDTH = 64

interface DayChartProps {
  series: DayCounts[]
  shown: ChartMetric[]
  /** Index of the day under the cursor, or `null` when the cursor has left. */
  onPoint(index: number | null): void
}

type Palette = (name: string) => string

function lineOf(metric: ChartMetric, series: DayCounts[], shown: boolean, colour: Palette): uPlot.Series {
  const stroke = colour(`--${metric}`)
  return {
    label: metric,
    show: shown,
    stroke,
    width: 2,
    points: { show: series.length < 15, size: 7, fill: colour('--surface'), stroke, width: 2 },
    ...(metric === 'impressions' && { fill: colour('--impressions-area') }),
  }
}

function chartOptions(
  { series, shown, onPoint }: DayChartProps,
  width: number,
  colour: Palette,
): Omit<uPlot.Options, 'height'> & { height: number } {
  const axis = { stroke: colour('--quiet'), font: `12px ${colour('--font')}`, ticks: { show: false } }
  const every = Math.max(1, Math.ceil((series.length * DAY_LABEL_WIDTH) / Math.max(width - 60, 1)))
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    // Days are counted by their place: the API has already decided which zone's days they are.
    scales: {
      x: { time: false, range: [-0.3, series.length - 0.7] },
      y: { range: (_, __, max) => [0, Math.max(5, max * 1.08)] },
    },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, width: 2, fill: colour('--surface'), stroke: (_, line) => colour(`--${metrics[line - 1]}`) },
    },
    axes: [
      {
        ...axis,
        size: 34,
        grid: { show: false },
        // Counted from today backwards, so that today always has its label.
        splits: () => series.map((_, index) => index).filter((index) => (series.length - 1 - index) % every === 0),
        values: (_, splits) => splits.map((index) => formats.shortDay(series[index]?.day ?? '')),
      },
      {
        ...axis,
        size: 56,
        grid: { stroke: colour('--line'), width: 1 },
        incrs: [
          1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8, 1e9,
        ],
        values: (_, splits) => splits.map((value) => formats.count(value)),
      },
    ],
    series: [{}, ...metrics.map((metric) => lineOf(metric, series, shown.includes(metric), colour))],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  }
}

function drawChart(host: HTMLElement, props: DayChartProps): uPlot {
  const style = getComputedStyle(host)
  const data: uPlot.AlignedData = [
    props.series.map((_, index) => index),
    ...metrics.map((metric) => props.series.map((day) => day[metric])),
  ]
  return new uPlot(
    chartOptions(props, host.clientWidth, (name) => style.getPropertyValue(name).trim()),
    data,
    host,
  )
}

/** One sentence for readers who cannot see the lines; the table below the chart has every number. */
const describe = (series: DayCounts[], shown: ChartMetric[]) =>
  `Line chart of ${shown.join(', ') || 'nothing'} over ${series.length} days.`

export function DayChart({ series, shown, onPoint }: DayChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const shownNames = shown.join()

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const props = { series, shown: metrics.filter((metric) => shownNames.split(',').includes(metric)), onPoint }
    let chart = drawChart(element, props)
    const redraw = () => {
      chart.destroy()
      chart = drawChart(element, props)
    }
    const dark = window.matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', redraw)
    const resizes = new ResizeObserver(() => element.clientWidth !== chart.width && redraw())
    resizes.observe(element)
    return () => {
      dark.removeEventListener('change', redraw)
      resizes.disconnect()
      chart.destroy()
    }
  }, [series, shownNames, onPoint])

  return <div ref={host} class="chart" role="img" aria-label={describe(series, shown)} />
}
