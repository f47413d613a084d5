// Draws days as lines on a canvas. Colours come from the style sheet, so that light and dark are decided in one place.
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { formats } from './format'

export interface Line {
  /** As the reader knows it. */
  label: string
  /** One for each day; `null` leaves a gap. */
  values: (number | null)[]
  /** A custom property of the style sheet, such as `--line-1`. */
  colour: string
  /** `false` for what days cannot be added up of. @default true */
  isSum?: boolean
  /** What other lines are compared with. */
  isPast?: boolean
}

interface LineChartProps {
  /** `YYYY-MM-DD`, one for each place. */
  days: string[]
  lines: Line[]
  /** Index of the day under the cursor, or `null` when the cursor has left. */
  onPoint(index: number | null): void
}

/** Height of the plot with its axes, in pixels. */
const HEIGHT = 240

/** Room one day's label needs on the axis, in pixels. */
const DAY_LABEL_WIDTH = 64

const STEPS = [1, 2, 5]

/** Whole numbers only: half a click was never counted. */
const increments = Array.from({ length: 10 }, (_, power) => STEPS.map((step) => step * 10 ** power)).flat()

type Palette = (name: string) => string

function seriesOf({ label, colour, isPast }: Line, days: number, paint: Palette): uPlot.Series {
  const stroke = paint(isPast ? '--past' : colour)
  return {
    label,
    stroke,
    width: isPast ? 1.5 : 2,
    ...(isPast && { dash: [5, 5] }),
    points: { show: !isPast && days < 15, size: 7, fill: paint('--surface'), stroke, width: 2 },
    ...(!isPast && { fill: paint(`${colour}-area`) }),
  }
}

function chartOptions({ days, lines, onPoint }: LineChartProps, width: number, paint: Palette): uPlot.Options {
  const axis = { stroke: paint('--quiet'), font: `12px ${paint('--font')}`, ticks: { show: false } }
  const every = Math.max(1, Math.ceil((days.length * DAY_LABEL_WIDTH) / Math.max(width - 60, 1)))
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    // Days are counted by their place: the API has already decided which zone's days they are.
    scales: {
      x: { time: false, range: [-0.3, days.length - 0.7] },
      y: { range: (_, __, max) => [0, Math.max(5, max * 1.08)] },
    },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: {
        size: 9,
        width: 2,
        fill: paint('--surface'),
        stroke: (_, place) => paint(lines[place - 1]?.isPast ? '--past' : (lines[place - 1]?.colour ?? '--line-1')),
      },
    },
    axes: [
      {
        ...axis,
        size: 34,
        grid: { show: false },
        // Counted from the last day backwards, so that today always has its label.
        splits: () => days.map((_, index) => index).filter((index) => (days.length - 1 - index) % every === 0),
        values: (_, splits) => splits.map((index) => formats.shortDay(days[index] ?? '')),
      },
      {
        ...axis,
        size: 56,
        grid: { stroke: paint('--line'), width: 1 },
        incrs: increments,
        values: (_, splits) => splits.map((value) => formats.count(value)),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, days.length, paint))],
    hooks: { setCursor: [(chart) => onPoint(chart.cursor.idx ?? null)] },
  }
}

function drawChart(host: HTMLElement, props: LineChartProps): uPlot {
  const style = getComputedStyle(host)
  const data: uPlot.AlignedData = [props.days.map((_, index) => index), ...props.lines.map(({ values }) => values)]
  const options = chartOptions(props, host.clientWidth, (name) => style.getPropertyValue(name).trim())
  return new uPlot(options, data, host)
}

/** One sentence for readers who cannot see the lines; the table below the chart has every number. */
const describe = ({ days, lines }: LineChartProps) =>
  `Line chart of ${lines.map(({ label }) => label.toLowerCase()).join(', ') || 'nothing'} over ${days.length} days.`

export function LineChart(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const drawn = JSON.stringify([props.days, props.lines])

  useEffect(() => {
    const element = host.current
    if (element === null) return
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
  }, [drawn])

  return <div ref={host} class="chart" role="img" aria-label={describe(props)} />
}
