import { qualityOf } from '#contract/quality.ts'
import type { ProbedPoint, ReplyBody } from '#contract/request.ts'
import type { Device } from '#gateway/profiles/device.ts'
import type { Probed } from '#gateway/southbound/driver.ts'

type ProbeBody = Extract<ReplyBody, { kind: 'probe' }>

/** What a test read saw, with what the profile says of each point; points without an answer are there, too. Pure. */
export function probeView(device: Device, { points, identity }: Probed): ProbeBody {
  const seen = new Map(points.map((one) => [one.point, one]))
  return {
    kind: 'probe',
    vendor: device.vendor,
    model: device.model,
    category: device.category,
    ...(identity === undefined ? {} : { identity: { ...identity, text: identity.text.slice(0, 500) } }),
    points: device.points
      .filter((point) => point.from !== undefined)
      .map((point): ProbedPoint => {
        const one = seen.get(point.id)
        return {
          point: point.id,
          title: point.title,
          unit: point.unit,
          kind: point.kind,
          value: shortened(one?.value ?? null),
          quality: one === undefined ? 'bad' : qualityOf(one.quality),
          lowConfidence: point.confidence === 'low',
          writable: point.write !== undefined,
          ...(one?.raw === undefined ? {} : { raw: one.raw.slice(0, 300) }),
          ...(one?.reason === undefined ? {} : { reason: one.reason.slice(0, 300) }),
        }
      }),
  }
}

function shortened(value: ProbedPoint['value']): ProbedPoint['value'] {
  return typeof value === 'string' ? value.slice(0, 500) : value
}
