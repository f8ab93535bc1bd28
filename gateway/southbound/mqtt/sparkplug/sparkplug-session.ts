import { type Scalar, type SparkplugMetric, type SparkplugPayload, scalarOf } from './decode-sparkplug.ts'

/** What one message says as of one moment. */
export type Moment = {
  /** As the pointers of a profile see it: `/timestamp`, `/seq`, and the values by name below `/metrics`. */
  readonly whole: unknown
  readonly isHistorical: boolean
  /** Of all its values, where the device says one. */
  readonly quality?: number
}

type Known = { readonly name: string; readonly datatype?: number }

/** What the birth of a device taught: names behind aliases, and what data leave out. */
export class SparkplugSession {
  #aliases = new Map<bigint, Known>()
  #types = new Map<string, number>()
  #isBorn = false

  /** `isComplete` is false where there was no birth yet, or where it did not have what is used now. */
  take(payload: SparkplugPayload, isBirth: boolean): { moments: Moment[]; isComplete: boolean } {
    if (isBirth) this.#learn(payload.metrics)
    const named = payload.metrics.flatMap((metric) => this.#named(metric) ?? [])
    const isComplete = this.#isBorn && named.length === payload.metrics.length
    return { moments: momentsOf(payload, named), isComplete }
  }

  /** What was learned ends with the device: its next life may use the aliases for something else. */
  died(): void {
    this.#learn([])
    this.#isBorn = false
  }

  #learn(metrics: readonly SparkplugMetric[]): void {
    this.#isBorn = true
    this.#aliases = new Map()
    this.#types = new Map()
    for (const { name, alias, datatype } of metrics) {
      if (name === undefined) continue
      if (alias !== undefined)
        this.#aliases.set(alias, { name, ...(datatype === undefined ? {} : { datatype }) })
      if (datatype !== undefined) this.#types.set(name, datatype)
    }
  }

  #named(metric: SparkplugMetric): Named | undefined {
    const { name, alias, datatype } = metric
    const known = alias === undefined ? undefined : this.#aliases.get(alias)
    const found = name ?? known?.name
    if (found === undefined) return undefined
    const type = datatype ?? known?.datatype ?? this.#types.get(found)
    return { metric, name: found, value: scalarOf(metric.value, type) }
  }
}

type Named = {
  readonly metric: SparkplugMetric
  readonly name: string
  readonly value: Scalar | undefined
}

/** Values of one time, one quality and one kind belong together; a device may send what it measured at several times. */
function momentsOf({ t: sentAt, seq }: SparkplugPayload, named: readonly Named[]): Moment[] {
  const groups = Map.groupBy(
    named,
    ({ metric }) => `${metric.t ?? sentAt} ${metric.isHistorical} ${metric.quality}`,
  )
  return [...groups.values()].map((group) => {
    const { t = sentAt, isHistorical, quality } = group[0]?.metric ?? { isHistorical: false }
    const metrics = Object.fromEntries(
      group.map(({ name, value }) => [name, value === undefined ? {} : value]),
    )
    return {
      whole: { timestamp: t, seq, metrics },
      isHistorical,
      ...(quality === undefined ? {} : { quality }),
    }
  })
}
