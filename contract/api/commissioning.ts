import { type Static, Type } from 'typebox'
import {
  BusInfo,
  DeviceChanges,
  type DeviceDraft,
  DeviceProposal,
  Identity,
  ProbedPoint,
  ProfileInfo,
  ScannedUnit,
} from '#contract/request.ts'
import { closed, GatewayId } from './common.ts'

const unit = Type.Integer({ minimum: 1, maximum: 247 })

/** `GET /gateways/{id}/profiles` */
export const ProfileList = Type.Object({ items: Type.Array(ProfileInfo) }, closed)
export type ProfileList = Static<typeof ProfileList>

/** `GET /gateways/{id}/buses` */
export const BusList = Type.Object({ items: Type.Array(BusInfo) }, closed)
export type BusList = Static<typeof BusList>

/** `GET /gateways/{id}/proposals`: devices that announced themselves. Nothing is added without a person. */
export const ProposalList = Type.Object({ items: Type.Array(DeviceProposal) }, closed)
export type ProposalList = Static<typeof ProposalList>

/** `POST /gateways/{id}/scan` */
export const ScanStart = Type.Object({ bus: GatewayId, first: unit, last: unit }, closed)
export type ScanStart = Static<typeof ScanStart>

/** `GET /gateways/{id}/scans/{scan}` */
export const Scan = Type.Object(
  {
    id: Type.String(),
    bus: Type.String(),
    first: unit,
    last: unit,
    state: Type.Union([
      Type.Literal('running'),
      Type.Literal('done'),
      Type.Literal('cancelled'),
      Type.Literal('failed'),
    ]),
    /** Units asked so far, of `total`. */
    done: Type.Integer({ minimum: 0 }),
    total: Type.Integer({ minimum: 1 }),
    units: Type.Array(ScannedUnit),
    problem: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() }, closed)),
  },
  closed,
)
export type Scan = Static<typeof Scan>

const draftDescription =
  'As an entry of `devices` in gateway.yaml: id, profile, title, location, bus, unit, host, port, channel, username, ' +
  'password, variant, confirmed, params. A password is kept on the gateway alone and never sent back.'

/** `POST /gateways/{id}/probe` and `POST /gateways/{id}/devices`. Every problem is told at once as `{ path, message }`. */
export const DraftBody = Type.Object(
  {
    device: Type.Record(Type.String(), Type.Unknown(), { description: draftDescription, maxProperties: 40 }),
  },
  closed,
)
export type DraftBody = { readonly device: DeviceDraft }

/** What one look at a device saw; nothing of it is stored. */
export const Probe = Type.Object(
  {
    vendor: Type.String(),
    model: Type.String(),
    category: Type.String(),
    identity: Type.Optional(Identity),
    points: Type.Array(ProbedPoint),
  },
  closed,
)
export type Probe = Static<typeof Probe>

/** `PATCH /gateways/{id}/devices/{device}` */
export const DeviceUpdate = DeviceChanges
export type DeviceUpdate = Static<typeof DeviceUpdate>

/** The gateway runs with it and the inventory has it. */
export const DeviceRef = Type.Object({ id: Type.String({ description: '`<gateway>/<device>`' }) }, closed)
export type DeviceRef = Static<typeof DeviceRef>
