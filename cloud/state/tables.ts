import type { Generated } from 'kysely'

/**
 * The state store, one interface per table. Instants are epoch ms, `_json` columns hold JSON text, flags are 0 or 1.
 * `migrations/` creates exactly this.
 */
export interface Tables {
  gateways: GatewayRow
  devices: DeviceRow
  points: PointRow
  streams: StreamRow
  received_ranges: ReceivedRangeRow
  received_days: ReceivedDayRow
  dropped_ranges: DroppedRangeRow
  alarm_events: AlarmRow
  alarm_keys: AlarmKeyRow
  alarm_history: AlarmHistoryRow
  alarm_ticks: AlarmTickRow
  alarm_photos: AlarmPhotoRow
  command_results: CommandResultRow
  link_events: LinkEventRow
  commands: CommandRow
  command_steps: CommandStepRow
  tree_nodes: TreeNodeRow
  floor_plans: FloorPlanRow
  tree_paths: TreePathRow
  calendars: CalendarRow
  calendar_reports: CalendarReportRow
  dangers: DangerRow
  danger_steps: DangerStepRow
  danger_photos: DangerPhotoRow
  users: UserRow
  grants: GrantRow
  sessions: SessionRow
  old_passwords: OldPasswordRow
  recovery_codes: RecoveryCodeRow
  screens: ScreenRow
  audit: AuditRow
  notification_settings: NotificationSettingsRow
  push_subscriptions: PushSubscriptionRow
  notification_channels: NotificationChannelRow
  notices: NoticeRow
  notification_jobs: NotificationJobRow
  enrolment_tokens: EnrolmentTokenRow
  gateway_certificates: GatewayCertificateRow
  config_versions: ConfigVersionRow
  config_reports: ConfigReportRow
  rollouts: RolloutRow
  rollout_gateways: RolloutGatewayRow
  assets: AssetRow
  asset_changes: AssetChangeRow
  unknown_devices: UnknownDeviceRow
  point_entries: PointEntryRow
  data_class_rules: DataClassRuleRow
}

export interface GatewayRow {
  id: string
  title_zh: string | null
  title_en: string | null
  /** SHA-256 of the gateway's token, hex; empty where it has none, and signs in by certificate. */
  token_hash: string
  created_at: number
  /** 1 while the gateway has a session. All are 0 after a start of the cloud. */
  connected: number
  connected_at: number | null
  last_seen_at: number | null
  epoch_started_at: number | null
  software: string | null
  runtime: string | null
  config_version: string | null
  catalogue_version: string | null
  clock_offset_ms: number | null
  /** The last Status message. */
  status_json: string | null
  /** The node of the tree where it stands. */
  place: string | null
  /** When its right to connect was taken away, until it is enrolled anew. */
  revoked_at: number | null
  /** The `token_hash` it had then: this one is never good again. */
  refused_token_hash: string | null
}

/** With what a gateway may get its first certificate, once. */
export interface EnrolmentTokenRow {
  /** SHA-256 of the token, hex. */
  token_hash: string
  gateway: string
  created_at: number
  expires_at: number
  /** When a newer one was made. */
  replaced_at: number | null
  used_at: number | null
  /** The address of who used it. */
  used_from: string | null
  /** SHA-256 of the public key it was used with, hex. */
  key_hash: string | null
}

/** Every certificate that was issued to a gateway. */
export interface GatewayCertificateRow {
  /** Hex, upper case. */
  serial: string
  gateway: string
  /** SHA-256 of its public key, hex. */
  key_hash: string
  pem: string
  issued_at: number
  not_before: number
  not_after: number
  /** 1 where it followed an earlier one, 0 where a token brought it. */
  renewed: number
  /** First sign-in with it. */
  used_at: number | null
  /** When a newer one of the gateway was first used. */
  superseded_at: number | null
  revoked_at: number | null
}

export interface DeviceRow {
  gateway: string
  id: string
  title_zh: string | null
  title_en: string | null
  profile: string
  vendor: string
  model: string
  category: string
  location_zh: string | null
  location_en: string | null
  link_state: string | null
  link_at: number | null
  link_reason: string | null
  removed_at: number | null
  address: string | null
  profile_version: string | null
  variant: string | null
  /** Points that a person has to check before they count. */
  hidden_json: string | null
  /** 1 where it was added from the console. */
  added: number | null
  /** What it said of itself: maker, model, serial number, firmware. */
  machine_json: string | null
  /** The node of the tree where it stands. */
  place: string | null
}

/** A place of the organisation. */
export interface TreeNodeRow {
  id: string
  kind: string
  parent: string | null
  /** Among its siblings, 0 first. */
  position: number
  title_zh: string | null
  title_en: string | null
  school_code: string | null
  stages_json: string | null
  people: number | null
  area_m2: number | null
  floors: number | null
  level: number | null
  room_type: string | null
  footprint_json: string | null
}

/** A place with itself and with each that is above it: what is below a place is found without walking. */
export interface TreePathRow {
  ancestor: string
  node: string
}

/** The drawing of a floor. */
export interface FloorPlanRow {
  node: string
  /** Media type. */
  type: string
  /** SHA-256 of the content, hex. */
  digest: string
  content: Uint8Array
}

/** The last changes of each device's link. */
export interface LinkEventRow {
  gateway: string
  device: string
  at: number
  state: string
  reason: string | null
}

export interface PointRow {
  gateway: string
  device: string
  id: string
  kind: string
  unit: string
  title_zh: string | null
  title_en: string | null
  stale_after_ms: number | null
  writable_json: string | null
  removed_at: number | null
  /** The last part of `id`: what it measures. */
  quantity: string | null
}

/** One stream of one epoch of a gateway: what it produced, by its own account. */
export interface StreamRow {
  gateway: string
  stream: string
  epoch: number
  started_at: number
  produced_seq: number
  produced_samples: number
  received_samples: number
  /** `produced_samples` is what the gateway counted up to this number. */
  counted_seq: Generated<number>
  /** `received_samples` may be wrong by this much: a message that had been received in part is counted by estimate. */
  uncertain_samples: Generated<number>
}

/** Numbers that are committed. Ranges of one stream and epoch never touch or overlap: they are merged. */
export interface ReceivedRangeRow {
  gateway: string
  stream: string
  epoch: number
  first_seq: number
  last_seq: number
  received_at: number
}

/** What arrived on one day of the site, by one lane. `batches` numbers between the first and the last. */
export interface ReceivedDayRow {
  gateway: string
  /** `2026-11-27` */
  day: string
  stream: string
  epoch: number
  /** `events`, `live`, `backfill`. */
  lane: string
  first_seq: number
  last_seq: number
  batches: number
  samples: number
}

export interface DroppedRangeRow {
  gateway: string
  stream: string
  epoch: number
  first_seq: number
  last_seq: number
  samples: number
  reason: string
  at: number
  from_t: number | null
  to_t: number | null
}

export interface AlarmRow {
  gateway: string
  occurrence: string
  rule: string
  /** `<device>/<point>`; empty: the gateway itself. */
  point: string
  /** The device of the point. */
  device: string | null
  priority: number
  title_zh: string | null
  title_en: string | null
  state: string
  raised_at: number | null
  cleared_at: number | null
  raise_value_json: string | null
  limit_value: number | null
  received_at: number
  /** `LifeState` of contract/alarm-life.ts. */
  life: Generated<string>
  /** How often it came again without anybody acknowledging it. */
  repeats: Generated<number>
  latching: Generated<number>
  life_safety: Generated<number>
  chattering: Generated<number>
  /** How many steps of the escalation are done. */
  escalated: Generated<number>
  /** What nobody has heard of yet: 1 a change, 2 raised, 4 annunciated, 8 escalated. */
  untold: Generated<number>
  /** Rows of `alarm_history`. */
  steps: Generated<number>
  /** Why nobody was called. */
  quiet: string | null
  /** Who acknowledged it, and when. */
  acked_json: string | null
  assigned_json: string | null
  closed_json: string | null
  annunciated_at: number | null
  /** When the next step of the escalation or the re-alarm is due. */
  due_at: number | null
}

/** An alarm as it is configured, whatever has happened: one rule about one point. */
export interface AlarmKeyRow {
  gateway: string
  rule: string
  point: string
  /** The newest of its occurrences. */
  occurrence: string | null
  /** When it was raised the last three times. */
  activations_json: string
  shelved_until: number | null
  shelf_json: string | null
  /** Out of service since when, why, with which permit. */
  service_json: string | null
  /** Id of the rule that suppresses it by design. */
  suppressed_by: string | null
  suppressed_at: number | null
  /** What somebody asked for and a second person has to allow. */
  pending_json: string | null
}

/** What happened to an occurrence, by whom. `counted`: 1 where somebody was called for something new. */
export interface AlarmHistoryRow {
  gateway: string
  occurrence: string
  n: number
  at: number
  what: string
  /** After it. */
  life: string
  counted: number
  by_json: string | null
  note: string | null
  detail_json: string | null
}

/** A step of the procedure that somebody has ticked off. */
export interface AlarmTickRow {
  gateway: string
  occurrence: string
  step: string
  at: number
  by_json: string
}

export interface AlarmPhotoRow {
  gateway: string
  occurrence: string
  /** SHA-256 of the content, hex. */
  digest: string
  type: string
  content: Uint8Array
  at: number
  by_json: string
}

export interface CommandResultRow {
  gateway: string
  id: string
  point: string
  state: string
  at: number
  verified: number | null
  read_back_json: string | null
  code: string | null
  message: string | null
  reason_zh: string | null
  reason_en: string | null
}

/** A command that a person gave, with its present state. `command_steps` has how it got there. */
export interface CommandRow {
  id: string
  gateway: string
  device: string
  /** `<point>` of the device. */
  point: string
  value_json: string
  confirmed: number
  /** Who gave it, with the name of then. */
  user_id: string
  username: string
  display_name: string
  /** Unique for the person. */
  key: string
  expires_in_s: number
  created_at: number
  expires_at: number
  state: string
  /** `gateway` or `device` while the state is `queued`. */
  waiting_for: string | null
  /** Who said the final state. What the cloud concluded is corrected by what the gateway knows. */
  decided_by: string | null
  finished_at: number | null
  verified: number | null
  read_back_json: string | null
  code: string | null
  message: string | null
  reason_zh: string | null
  reason_en: string | null
}

export interface CommandStepRow {
  command: string
  n: number
  state: string
  at: number
  code: string | null
  message: string | null
}

/** A hidden danger as it is now. Persons are kept with the name of then, as JSON of `Person`. */
export interface DangerRow {
  id: string
  /** The client's; the same report twice is one danger. */
  report_key: string
  node: string
  title: string
  description: string
  category: string
  grade: string | null
  state: string
  alarm: string | null
  found_at: number
  found_by_json: string
  assignee: string | null
  assignee_json: string | null
  /** `2026-11-27`, of the site. */
  due: string | null
  fixed_by: string | null
  fixed_by_json: string | null
  closed_at: number | null
  /** Who was told that it is late: 0 nobody, 1 the school, 2 the district. */
  overdue: number
}

export interface DangerStepRow {
  danger: string
  n: number
  at: number
  action: string
  state: string
  by_json: string | null
  note: string
  more_json: string
}

export interface DangerPhotoRow {
  id: string
  danger: string
  /** Media type. */
  type: string
  /** SHA-256 of the content, hex. */
  digest: string
  at: number
  by_json: string
  content: Uint8Array
}

/** What a place says of the school calendar. */
export interface CalendarRow {
  node: string
  /** Goes on when the part is taken away: an old form must not look new. */
  version: number
  /** Null: it says nothing any more. */
  part_json: string | null
  changed_at: number
  username: string
  display_name: string
}

/** Which school calendar a gateway says it has. */
export interface CalendarReportRow {
  gateway: string
  at: number
  version: string | null
  refused_version: string | null
  refused_reason: string | null
}

export interface UserRow {
  id: string
  username: string
  /** PHC string; `-` where the person signs in at a provider only. */
  password_hash: string
  display_name: string
  created_at: number
  /** Grows with each change of the account by whoever manages accounts. */
  version: Generated<number>
  /** 1: the password is for one sign-in, at which it has to be changed. */
  password_once: Generated<number>
  password_set_at: number | null
  disabled_at: number | null
  last_sign_in_at: number | null
  /** The sign-in service that made the account, by its id in the configuration, and its name for the person. */
  provider: string | null
  subject: string | null
  /** Sealed; counts from `totp_confirmed_at` on. */
  totp_secret: string | null
  totp_confirmed_at: number | null
  /** The last time step whose code was taken. */
  totp_step: number | null
}

/** Passwords that are not to be used again; `n` grows. */
export interface OldPasswordRow {
  user_id: string
  n: number
  password_hash: string
}

/** Each works once. SHA-256, hex: they are too long to be guessed. */
export interface RecoveryCodeRow {
  user_id: string
  code_hash: string
}

/** A wall display and the token that it shows. */
export interface ScreenRow {
  id: string
  /** SHA-256, hex. */
  token_hash: string
  title: string
  /** Empty: everywhere. */
  node: string
  created_by: string
  created_at: number
  last_seen_at: number | null
}

/** A role of a person at a place and below. */
export interface GrantRow {
  user_id: string
  role: string
  /** Empty: everywhere. */
  node: string
}

export interface SessionRow {
  /** SHA-256 of the token, hex: the table is of no use to who steals it. */
  token_hash: string
  user_id: string
  created_at: number
  expires_at: number
  /** What its owner calls it when he ends it from elsewhere. */
  id: Generated<string>
  address: Generated<string>
  user_agent: Generated<string>
  /** To the minute. */
  last_seen_at: Generated<number>
  /** What has to be done before anything else answers: a SessionDuty. */
  duty: string | null
  /** The sign-in service that it came by. */
  provider: string | null
}

/** Who did what. Rows are never changed, and `hash` holds each to the one before. What is absent is an empty text. */
export interface AuditRow {
  seq: number
  at: number
  action: string
  user_id: string
  username: string
  display_name: string
  role: string
  address: string
  user_agent: string
  target: string
  before_json: string
  after_json: string
  outcome: string
  request: string
  algorithm: string
  prev_hash: string
  hash: string
}

/** How a person wants to be told. */
export interface NotificationSettingsRow {
  user_id: string
  settings_json: string
  changed_at: number
}

/** One browser that a person may be told through. */
export interface PushSubscriptionRow {
  id: string
  user_id: string
  endpoint: string
  p256dh: string
  auth: string
  browser: string
  created_at: number
}

/** A robot of a group or a webhook. */
export interface NotificationChannelRow {
  id: string
  /** Place in the organisation; null: everything. */
  node: string | null
  kind: string
  title: string
  enabled: number
  min_priority: number
  language: string
  mentions_json: string
  url: string | null
  /** Key of a WeCom robot, access token of a DingTalk robot. */
  token: string | null
  /** For signing. */
  secret: string | null
  created_at: number
}

/** Something that people were to be told. */
export interface NoticeRow {
  key: string
  kind: string
  priority: number
  code: string
  params_json: string
  node: string | null
  link: string | null
  at: number
  created_at: number
}

/** One notice for one receiver by one channel, and what became of it. */
export interface NotificationJobRow {
  id: string
  notice: string
  /** `push`, `email`, `wecom`, `dingtalk`, `webhook`; `none` where nobody was to be told. */
  channel: string
  /** Id of a subscription or of a channel; for a mail the person's id. */
  receiver: string
  user_id: string | null
  priority: number
  state: string
  reason: string | null
  detail: string | null
  attempts: number
  next_at: number
  created_at: number
  finished_at: number | null
  /** The job whose message this one was told in; its own id when it was told first. */
  told_with: string | null
}

/** A content that a person gave a gateway. Rows are never changed. */
export interface ConfigVersionRow {
  gateway: string
  /** From 1. */
  version: number
  at: number
  username: string
  display_name: string
  comment: string
  digest: string
  content_json: string
  rollback_of: number | null
  rollout: string | null
}

/** What a gateway said last about its configuration. */
export interface ConfigReportRow {
  gateway: string
  version: number
  digest: string
  state: string
  at: number
  reason: string | null
  problems_json: string | null
  running_version: number
  running_digest: string
  pause_ms: number | null
  /** Of the gateway's own file, without passwords. */
  own_json: string | null
}

/** One change for many gateways. */
export interface RolloutRow {
  id: string
  at: number
  username: string
  display_name: string
  comment: string
  change_json: string
  stages_json: string
  within_s: number
  soak_s: number
  state: string
  reason: string | null
  finished_at: number | null
}

export interface RolloutGatewayRow {
  rollout: string
  gateway: string
  n: number
  stage: number
  state: string
  version: number | null
  reason: string | null
  at: number | null
  /** 1: it failed and a person went on all the same. */
  accepted: number
}

/** A thing that the school owns. */
export interface AssetRow {
  /** The code on its label. */
  id: string
  gateway: string
  /** Empty: the gateway itself. */
  device: string
  kind: string
  /** What counts of each of these: as reported, else as people wrote. */
  maker: string | null
  model: string | null
  serial: string | null
  firmware: string | null
  address: string | null
  /** What the inventory said last. */
  reported_json: string
  /** What people wrote. */
  hand_json: string
  /** The same without the names of the fields, to search in. */
  hand_text: string
  /** 1 where the two differ. */
  contradicts: number
  registered_at: number
  updated_at: number
  removed_at: number | null
}

export interface AssetChangeRow {
  asset: string
  /** From 1. */
  seq: number
  at: number
  field: string
  before: string | null
  after: string | null
  source: string
  person: string | null
}

/** What a gateway saw and the inventory does not have. */
export interface UnknownDeviceRow {
  id: string
  gateway: string
  protocol: string
  /** Names it among those of its gateway. */
  key: string
  source: string
  name: string
  model: string | null
  address: string | null
  /** What is known of it for the gateway's configuration. */
  instance_json: string
  first_seen_at: number
  last_seen_at: number
  ignored_at: number | null
  ignored_by: string | null
  ignore_reason: string | null
}

/** What people said of a point for the data catalogue. */
export interface PointEntryRow {
  gateway: string
  device: string
  point: string
  /** Null: by the rules. */
  data_class: string | null
  /** The node of the tree that answers for it. Null: the campus where it stands. */
  owner: string | null
  /** 1 where it is the one source of what it measures in its room. */
  is_primary: number
}

/** A class of data that differs from the default: `quantity:person.id`, `category:camera`, `*`. */
export interface DataClassRuleRow {
  id: string
  data_class: string
}
