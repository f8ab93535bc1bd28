import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const

/** Below the backup's folder, with `/`: never out of it. */
const path = Type.String({ pattern: '^(data|config)(/(?!\\.\\.?(/|$))[^/\\\\\\0]+)+$', maxLength: 1_000 })

/** What a backup says of itself: `manifest.json` in its folder, written last. */
export const Manifest = Type.Object(
  {
    v: Type.Literal(1),
    /** Epoch ms. What was stored later is not in it. */
    madeAt: Type.Integer({ minimum: 0 }),
    /** `influxdb`: the samples are there, and not in this backup. */
    telemetry: Type.Union([Type.Literal('embedded'), Type.Literal('influxdb')]),
    files: Type.Array(
      Type.Object(
        { path, bytes: Type.Integer({ minimum: 0 }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
        closed,
      ),
      { maxItems: 100_000 },
    ),
  },
  closed,
)
export type Manifest = Static<typeof Manifest>
export type BackupFile = Manifest['files'][number]

export const manifestName = 'manifest.json'
