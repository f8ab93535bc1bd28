import { LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { type EChartsCoreOption, type EChartsType, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

use([LineChart, ScatterChart, GridComponent, TooltipComponent, CanvasRenderer])

export type TimeChartProps = {
  readonly option: EChartsCoreOption
  /** The pointer is over this place of the time axis, already in the axis' own time. */
  readonly onPoint: (t: number) => void
}

/** A canvas that shows `option`. What it shows is also said in text beside it: the canvas is hidden from screen readers. */
export function TimeChart({ option, onPoint }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(null)
  const point = useRef(onPoint)
  point.current = onPoint

  useEffect(() => {
    if (box.current === null) return
    const made = init(box.current)
    chart.current = made
    made.on('updateAxisPointer', (event) => {
      const value = (event as { axesInfo?: { axisDim: string; value: number }[] }).axesInfo?.find(
        ({ axisDim }) => axisDim === 'x',
      )?.value
      if (value !== undefined) point.current(value)
    })
    const resized = new ResizeObserver(() => made.resize())
    resized.observe(box.current)
    return () => {
      resized.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ['series', 'yAxis'] })
  }, [option])

  return <div ref={box} className="chart" aria-hidden="true" />
}
