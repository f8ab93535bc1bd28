import { type Static, type TUnsafe, Type } from 'typebox'
import {
  type DeliveryReason,
  type DeliveryState,
  deliveryReasons,
  deliveryStates,
  type SharedChannel,
  sharedChannels,
} from '#contract/notice.ts'
import { LocalText } from '#contract/text.ts'
import { closed, Instant, listQuery } from './common.ts'
import { NodeId } from './tree.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

const Language = oneOf(['zh-CN', 'en'] as const)
const Upto = Type.Integer({ minimum: 1, maximum: 4, description: 'This priority and what is more urgent' })
const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', examples: ['22:00'] })

/** Null: as the installation has it for the person's roles. */
const OwnUpto = Type.Union([Upto, Type.Null()])

const address = {
  type: 'string',
  pattern: '^([^@\\s<>,;:"()\\[\\]\\\\]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+)?$',
  maxLength: 254,
  description: 'Empty: no mail',
} as const

/** Of a person: `PUT /me/notifications`. */
export const MySettings = Type.Object(
  {
    language: Language,
    timeZone: Type.String({ minLength: 1, maxLength: 64, examples: ['Asia/Shanghai'] }),
    quiet: Type.Union([Type.Object({ from: TimeOfDay, to: TimeOfDay }, closed), Type.Null()], {
      description:
        'Only priority 1 and what was escalated goes out in these hours; the rest waits for their end',
    }),
    push: Type.Object({ enabled: Type.Boolean(), minPriority: OwnUpto }, closed),
    email: Type.Object(
      { enabled: Type.Boolean(), address: Type.Unsafe<string>(address), minPriority: OwnUpto },
      closed,
    ),
  },
  closed,
)
export type MySettings = Static<typeof MySettings>

/** How the last delivery ended. */
export const LastDelivery = Type.Object(
  {
    at: Instant,
    state: oneOf<DeliveryState>(deliveryStates),
    reason: Type.Optional(oneOf<DeliveryReason>(deliveryReasons)),
    /** What the other side said. */
    detail: Type.Optional(Type.String()),
  },
  closed,
)
export type LastDelivery = Static<typeof LastDelivery>

export const PushSubscription = Type.Object(
  { id: Type.String(), browser: Type.String(), createdAt: Instant, last: Type.Optional(LastDelivery) },
  closed,
)
export type PushSubscription = Static<typeof PushSubscription>

/** `GET /me/notifications` */
export const MyNotifications = Type.Object(
  {
    settings: MySettings,
    /** What null stands for, by the roles of the person; 0: nothing. */
    defaults: Type.Object({ push: Type.Integer(), email: Type.Integer() }, closed),
    /** `applicationServerKey` for the browser. */
    pushKey: Type.String(),
    subscriptions: Type.Array(PushSubscription),
    /** Whether this installation can send mail. */
    canMail: Type.Boolean(),
  },
  closed,
)
export type MyNotifications = Static<typeof MyNotifications>

/** `POST /me/notifications/push-subscriptions`: what `PushSubscription.toJSON()` of the browser says. */
export const NewSubscription = Type.Object(
  {
    endpoint: Type.String({ minLength: 10, maxLength: 1000, pattern: '^https?://' }),
    keys: Type.Object(
      {
        p256dh: Type.String({ pattern: '^[A-Za-z0-9_-]{87}=?$' }),
        auth: Type.String({ pattern: '^[A-Za-z0-9_-]{22}(==)?$' }),
      },
      closed,
    ),
    /** What the person knows it by. */
    browser: Type.String({ minLength: 1, maxLength: 100 }),
  },
  closed,
)
export type NewSubscription = Static<typeof NewSubscription>

const channelFields = {
  /** Place in the organisation: it is told of what is there and below. Null: of everything. */
  node: Type.Union([NodeId, Type.Null()]),
  title: Type.String({ minLength: 1, maxLength: 100 }),
  enabled: Type.Boolean(),
  minPriority: Upto,
  language: Language,
  mentions: Type.Array(Type.String({ pattern: '^[A-Za-z0-9@._+-]{1,64}$' }), {
    maxItems: 20,
    description: 'Robots: user ids, telephone numbers, @all',
  }),
}

const secretText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 500, description }))

/**
 * `POST /notification-channels`, `PUT /notification-channels/{id}`. Secrets are never given back; a PUT without them keeps them.
 */
export const ChannelDraft = Type.Object(
  {
    kind: oneOf<SharedChannel>(sharedChannels),
    ...channelFields,
    url: Type.Optional(Type.String({ minLength: 8, maxLength: 1000, description: 'Webhooks' })),
    token: secretText('WeCom: key of the robot; DingTalk: access_token'),
    secret: secretText('Webhooks: at least 16 characters to sign with; DingTalk: SEC… where signing is on'),
  },
  closed,
)
export type ChannelDraft = Static<typeof ChannelDraft>

export const NotificationChannel = Type.Object(
  {
    id: Type.String(),
    kind: oneOf<SharedChannel>(sharedChannels),
    ...channelFields,
    /** Webhooks: without what follows the path. */
    url: Type.Optional(Type.String()),
    hasToken: Type.Boolean(),
    hasSecret: Type.Boolean(),
    createdAt: Instant,
    last: Type.Optional(LastDelivery),
  },
  closed,
)
export type NotificationChannel = Static<typeof NotificationChannel>

export const ChannelList = Type.Object(
  { items: Type.Array(NotificationChannel), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type ChannelList = Static<typeof ChannelList>

/** One notice to one receiver. */
export const Delivery = Type.Object(
  {
    id: Type.String(),
    /** When the notice came. */
    at: Instant,
    kind: Type.String(),
    priority: Type.Integer(),
    title: LocalText,
    node: Type.Optional(Type.String()),
    link: Type.Optional(Type.String()),
    /** `push`, `email`, `wecom`, `dingtalk`, `webhook`; `none` where nobody was to be told. */
    channel: Type.String(),
    /** Name of the person, or of the robot or webhook. */
    receiver: Type.String(),
    state: oneOf<DeliveryState>(deliveryStates),
    reason: Type.Optional(oneOf<DeliveryReason>(deliveryReasons)),
    detail: Type.Optional(Type.String()),
    attempts: Type.Integer(),
    /** Not before this, while it is queued. */
    nextAt: Type.Optional(Instant),
    finishedAt: Type.Optional(Instant),
    /** It was told in the message of another notice: too many came at once. */
    inDigest: Type.Boolean(),
  },
  closed,
)
export type Delivery = Static<typeof Delivery>

/** `GET /notifications/log`: newest first. Without `mine`, of the places where the caller manages notifications. */
export const DeliveryQuery = Type.Object(
  {
    mine: Type.Optional(Type.Boolean()),
    state: Type.Optional(oneOf<DeliveryState>(deliveryStates)),
    ...listQuery,
  },
  closed,
)
export type DeliveryQuery = Static<typeof DeliveryQuery>

export const DeliveryList = Type.Object(
  { items: Type.Array(Delivery), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type DeliveryList = Static<typeof DeliveryList>

/** What became of a test within a few seconds; what is still `queued` is tried on. */
export const TestResult = Type.Object({ deliveries: Type.Array(Delivery) }, closed)
export type TestResult = Static<typeof TestResult>
