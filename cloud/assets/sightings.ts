import type { DeviceDraft, DeviceProposal, Protocol, Question, ReplyBody } from '#contract/request.ts'

/** Something that a gateway saw and that is no device of its configuration. */
export type Sighting = {
  readonly protocol: Protocol
  /** Names it among those of its gateway. */
  readonly key: string
  readonly source: 'scan' | 'discovery'
  readonly name: string
  readonly model?: string
  readonly address?: string
  readonly instance: DeviceDraft
  readonly seenAt: number
}

export type Heard = {
  readonly seen: readonly Sighting[]
  /** What is a device by now, as its entry in the configuration says where it is. */
  readonly registered: readonly DeviceDraft[]
}

const nothing: Heard = { seen: [], registered: [] }

/** What an answer of a gateway tells of devices that nobody added. Pure. */
export function sightingsIn(question: Question, body: ReplyBody, now: number): Heard {
  if (question.kind === 'scan' && body.kind === 'scan') return scanned(question.bus, body.units, now)
  if (body.kind === 'proposals')
    return { seen: body.proposals.map((one) => proposed(one, now)), registered: [] }
  if (question.kind === 'add-device' && body.kind === 'device')
    return { seen: [], registered: [question.device] }
  return nothing
}

type Units = Extract<ReplyBody, { kind: 'scan' }>['units']

function scanned(bus: string, units: Units, now: number): Heard {
  const answered = units.filter((one) => one.answered)
  return {
    seen: answered
      .filter(({ device }) => device === undefined)
      .map(({ unit, text }) => ({
        ...{ protocol: 'modbus' as const, key: `${bus}/${unit}`, source: 'scan' as const },
        name: text ?? `${bus} · ${unit}`,
        // As the catalogue writes where a device is.
        address: `${bus} · ${unit}`,
        instance: { bus, unit },
        seenAt: now,
      })),
    registered: units.filter(({ device }) => device !== undefined).map(({ unit }) => ({ bus, unit })),
  }
}

function proposed(
  { protocol, key, name, model, source, instance, seenAt }: DeviceProposal,
  now: number,
): Sighting {
  const { host } = instance
  const address = typeof host === 'string' ? host : source
  return {
    ...{ protocol, key, source: 'discovery', name, instance },
    ...(model === undefined ? {} : { model }),
    ...(address === undefined ? {} : { address }),
    // By the gateway's clock, which may be ahead of ours.
    seenAt: Math.min(seenAt, now),
  }
}

/** Whether a device of the configuration is what was seen: it says all that was known of that. Pure. */
export function isThere(seen: DeviceDraft, device: DeviceDraft): boolean {
  const known = Object.entries(seen).filter(([name]) => !['id', 'profile', 'title'].includes(name))
  return (
    known.length > 0 && known.every(([name, value]) => JSON.stringify(device[name]) === JSON.stringify(value))
  )
}
