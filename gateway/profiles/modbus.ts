import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'
import { closed, oneOf, pointFields, writeFields } from './point.ts'

/** The Modbus words of the profile language. Addresses are what goes on the wire (PDU), 0-based. */
const address = Type.Integer({ minimum: 0, maximum: 65_535 })
const step = Type.Integer({ minimum: 1, maximum: 1000 })
const Affine = Type.Object(
  {
    base: address,
    step: Type.Union([step, Type.Object({ n: step, m: step }, closed)], {
      description: 'Registers to the next one; of each variable where there are two',
    }),
  },
  closed,
)

export const ModbusTable = oneOf('coil', 'discrete', 'input', 'holding')
export type ModbusTable = Static<typeof ModbusTable>
export const BitOrder = oneOf('ABCD', 'CDAB', 'BADC', 'DCBA')
export type BitOrder = Static<typeof BitOrder>
export const RegisterType = oneOf('bool', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'text')
export type RegisterType = Static<typeof RegisterType>

const source = {
  table: ModbusTable,
  addr: Type.Union([address, Affine]),
  type: RegisterType,
  order: Type.Optional(BitOrder),
  bits: Type.Optional(
    Type.Object(
      { pos: Type.Integer({ minimum: 0, maximum: 63 }), len: Type.Integer({ minimum: 1, maximum: 32 }) },
      closed,
    ),
  ),
  byte: Type.Optional({
    ...oneOf('hi', 'lo'),
    description: 'Half of a register that holds two values; the type says whether it has a sign',
  }),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, description: 'Registers of a text' })),
}

export const ModbusFrom = Type.Object(source, closed)
export type ModbusFrom = Static<typeof ModbusFrom>

export const ModbusTo = Type.Object(
  {
    ...source,
    type: Type.Optional(RegisterType),
    fc: Type.Optional(Type.Union([Type.Literal(5), Type.Literal(6), Type.Literal(15), Type.Literal(16)])),
  },
  closed,
)
export type ModbusTo = Static<typeof ModbusTo>

/** Devices that say in another register how many decimals a value has. */
export const ModbusScale = Type.Object(
  {
    ...source,
    map: Type.Array(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }), {
      minItems: 1,
      maxItems: 64,
      description: 'Pairs: what the register holds → factor of the raw value',
    }),
  },
  closed,
)
export type ModbusScale = Static<typeof ModbusScale>

export const ModbusPointFields = Type.Object(
  {
    ...pointFields,
    from: Type.Optional(ModbusFrom),
    scale_from: Type.Optional(ModbusScale),
    write: Type.Optional(Type.Object({ to: ModbusTo, ...writeFields }, closed)),
  },
  closed,
)
export type ModbusPointFields = Static<typeof ModbusPointFields>

export const ModbusLimits = Type.Object(
  {
    max_regs: Type.Optional(Type.Integer({ minimum: 1, maximum: 125, default: 125 })),
    max_bits: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000, default: 2000 })),
    max_gap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 124,
        default: 0,
        description: 'Unused registers a read may run through',
      }),
    ),
    max_bit_gap: Type.Optional(Type.Integer({ minimum: 0, maximum: 1999, default: 0 })),
    align: Type.Optional(Type.Integer({ minimum: 1, maximum: 16, default: 1 })),
    even_count: Type.Optional(Type.Boolean({ default: false })),
    max_write_regs: Type.Optional(Type.Integer({ minimum: 1, maximum: 123, default: 1 })),
    note: Type.Optional(Type.String({ maxLength: 300, description: 'Why the gap registers are readable' })),
  },
  closed,
)
export type ModbusLimits = Static<typeof ModbusLimits>

export const ModbusTiming = Type.Object(
  {
    timeout_ms: Type.Optional(Type.Integer({ minimum: 10, maximum: 60_000, default: 1000 })),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 10, default: 1 })),
    gap_us: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'Silence before a request' }),
    ),
    turnaround_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        default: 0,
        description: 'Silence after an answer, before anybody is asked',
      }),
    ),
    warmup_s: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 600,
        default: 0,
        description: 'After connecting, the unit is left alone for this long',
      }),
    ),
  },
  closed,
)
export type ModbusTiming = Static<typeof ModbusTiming>

const Period = Type.Object(
  {
    fast: Type.Optional(Duration()),
    normal: Type.Optional(Duration()),
    slow: Type.Optional(Duration()),
    once: Type.Optional(Type.Literal('connect')),
    on_demand: Type.Optional(
      Type.Literal('never', { description: 'Read for a read-back or a test read alone' }),
    ),
  },
  closed,
)

export const ModbusIdentify = Type.Object(
  {
    table: ModbusTable,
    addr: address,
    type: RegisterType,
    order: Type.Optional(BitOrder),
    bits: source.bits,
    byte: source.byte,
    equals: Type.Optional(Type.Number()),
    in: Type.Optional(Type.Array(Type.Number(), { minItems: 1, maxItems: 32 })),
    why: Type.String({ maxLength: 300, description: 'What a person has to know when it does not fit' }),
  },
  closed,
)

/** A one-time setting that the profile depends on. It is never written without the consent of the installation. */
export const ModbusSetup = Type.Object(
  {
    table: oneOf('holding', 'coil'),
    addr: address,
    type: RegisterType,
    order: Type.Optional(BitOrder),
    fc: Type.Optional(oneOf(5, 6, 15, 16)),
    expect: Type.Number({ description: 'What the register should hold' }),
    write: Type.Number({ description: 'What is written where it holds something else' }),
    consent: Type.Literal('installer'),
    why: Type.Optional(Type.String({ maxLength: 300 })),
  },
  closed,
)

/** A hand-made block: its points are read by exactly this request. */
export const ModbusGroup = Type.Object(
  {
    table: ModbusTable,
    start: address,
    count: Type.Integer({ minimum: 1, maximum: 2000 }),
    atomic: Type.Optional(Type.Boolean({ description: 'Never split, not even after exception 2' })),
  },
  closed,
)

export const ModbusBlock = Type.Object(
  {
    transports: Type.Array(oneOf('rtu', 'tcp', 'rtu_over_tcp'), { minItems: 1, maxItems: 3 }),
    serial: Type.Optional(
      Type.Object(
        {
          baud: Type.Integer({ minimum: 300, maximum: 921_600 }),
          parity: oneOf('none', 'even', 'odd'),
          stop: oneOf(1, 2),
          alternatives: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  baud: Type.Optional(Type.Integer({ minimum: 300, maximum: 921_600 })),
                  parity: Type.Optional(oneOf('none', 'even', 'odd')),
                  stop: Type.Optional(oneOf(1, 2)),
                },
                closed,
              ),
              { maxItems: 8 },
            ),
          ),
        },
        closed,
      ),
    ),
    unit: Type.Object(
      {
        default: Type.Integer({ minimum: 0, maximum: 255 }),
        min: Type.Integer({ minimum: 0, maximum: 255 }),
        max: Type.Integer({ minimum: 0, maximum: 255 }),
      },
      closed,
    ),
    order: Type.Optional(BitOrder),
    limits: Type.Optional(ModbusLimits),
    timing: Type.Optional(ModbusTiming),
    on_illegal: oneOf('split', 'drop', 'fail'),
    ports: Type.Optional(
      Type.Object(
        {
          tcp: Type.Object(
            {
              port: Type.Integer({ minimum: 1, maximum: 65_535 }),
              max_connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
              pipeline: Type.Optional(Type.Literal(1)),
            },
            closed,
          ),
        },
        closed,
      ),
    ),
    groups: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }), ModbusGroup, closed),
    ),
    poll: Period,
    identify: Type.Optional(
      Type.Array(ModbusIdentify, { maxItems: 16, description: 'Is this the device? Checked at connect' }),
    ),
    setup: Type.Optional(Type.Array(ModbusSetup, { maxItems: 16 })),
    addressing: Type.Optional(
      Type.Literal('pdu', { description: 'Addresses are those on the wire; numbers of manuals go to doc' }),
    ),
  },
  closed,
)
export type ModbusBlock = Static<typeof ModbusBlock>

const word = Type.Integer({ minimum: 0, maximum: 65_535 })

/** Golden vectors: what stands in the registers, and what a write must put on the wire. */
export const ModbusInput = Type.Array(
  Type.Object(
    {
      table: ModbusTable,
      addr: address,
      words: Type.Optional(Type.Array(word, { minItems: 1, maxItems: 125 })),
      bits: Type.Optional(Type.Array(oneOf(0, 1), { minItems: 1, maxItems: 2000 })),
    },
    closed,
  ),
  { minItems: 1, maxItems: 32 },
)
export const ModbusOutput = Type.Array(
  Type.Object(
    {
      fc: oneOf(5, 6, 15, 16),
      addr: address,
      words: Type.Array(word, { minItems: 1, maxItems: 123 }),
    },
    closed,
  ),
  { minItems: 1, maxItems: 8 },
)
