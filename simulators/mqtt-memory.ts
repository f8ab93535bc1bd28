import type { Value } from '#contract/sample.ts'
import type { MqttBackfill, MqttDevice } from '#gateway/profiles/device.ts'
import { place } from './json-place.ts'
import { jsonOf, timeAs, timeShown } from './mqtt-message.ts'

type Moment = { readonly t: number; readonly values: ReadonlyMap<string, Value> }
export type Remembered = {
  readonly lists: readonly { readonly ptr: string; readonly entries: readonly unknown[] }[]
  readonly values: readonly { readonly id: string; readonly t: number; readonly value: Value }[]
}

const nothing: Remembered = { lists: [], values: [] }
const most = 100

/** What a device measured while nobody heard it, where its profile says how it tells that later. */
export class DeviceMemory {
  readonly #device: MqttDevice
  #moments: Moment[] = []

  constructor(device: MqttDevice) {
    this.#device = device
  }

  /** True when the device has no memory at all. */
  get isEmpty(): boolean {
    return this.#device.address.backfill.length === 0
  }

  /** The oldest are forgotten first. */
  add(t: number, read: (point: string) => Value): void {
    const points = this.#device.address.backfill.flatMap((one) => one.points)
    this.#moments.push({ t, values: new Map(points.map(({ point }) => [point, read(point)])) })
    if (this.#moments.length > most) this.#moments.shift()
  }

  /** What goes along with a message of this topic; after that it is forgotten. */
  take(topic: string): Remembered {
    const kinds = this.#device.address.backfill.filter((one) => one.topic === topic)
    const moments = this.#moments
    if (kinds.length === 0 || moments.length === 0) return nothing
    this.#moments = []
    return {
      lists: kinds.map((kind) => ({ ptr: kind.ptr, entries: moments.map((one) => this.#entry(kind, one)) })),
      values: kinds.flatMap(({ points, time }) =>
        moments.flatMap(({ t, values }) =>
          points.map(({ point }) => ({ id: point, t: timeShown(time, t), value: values.get(point) ?? null })),
        ),
      ),
    }
  }

  #entry({ time, points }: MqttBackfill, { t, values }: Moment): unknown {
    let entry = place({}, time.ptr, timeAs(time.format, t))
    for (const { point: id, ptr } of points) {
      const point = this.#device.points.find((one) => one.id === id)
      if (point?.from === undefined) continue
      entry = place(entry, ptr, jsonOf(values.get(id) ?? null, point.steps, point.from))
    }
    return entry
  }
}
