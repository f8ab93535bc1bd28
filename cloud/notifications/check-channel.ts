import type { FieldProblem } from '#contract/api/common.ts'
import type { ChannelDraft } from '#contract/api/notifications.ts'
import { type AddressRules, urlProblem } from './channels/address-guard.ts'

export type KnownSecrets = { readonly hasToken: boolean; readonly hasSecret: boolean }

const minSecretLength = 16

/** What a robot or a webhook of its kind lacks, or has and cannot use. Pure. */
export function channelProblems(
  draft: ChannelDraft,
  known: KnownSecrets,
  rules: AddressRules,
): FieldProblem[] {
  return draft.kind === 'webhook' ? webhookProblems(draft, known, rules) : robotProblems(draft, known)
}

function webhookProblems(draft: ChannelDraft, known: KnownSecrets, rules: AddressRules): FieldProblem[] {
  const problems: FieldProblem[] = []
  const url = draft.url === undefined ? undefined : URL.parse(draft.url)
  const wrong = url === null ? 'is not an address' : url === undefined ? 'is missing' : urlProblem(url, rules)
  if (wrong !== undefined) problems.push({ path: 'body/url', message: wrong })
  if (draft.secret === undefined ? !known.hasSecret : draft.secret.length < minSecretLength)
    problems.push({ path: 'body/secret', message: `needs at least ${minSecretLength} characters` })
  if (draft.token !== undefined) problems.push({ path: 'body/token', message: 'is for robots' })
  if (draft.mentions.length > 0) problems.push({ path: 'body/mentions', message: 'are for robots' })
  return problems
}

function robotProblems(draft: ChannelDraft, known: KnownSecrets): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (draft.token === undefined && !known.hasToken)
    problems.push({ path: 'body/token', message: 'is missing' })
  if (draft.token !== undefined && !/^[A-Za-z0-9_-]+$/.test(draft.token))
    problems.push({
      path: 'body/token',
      message: 'is the key in the address of the robot, not the whole address',
    })
  if (draft.url !== undefined) problems.push({ path: 'body/url', message: 'is for webhooks' })
  if (draft.kind === 'wecom' && draft.secret !== undefined)
    problems.push({ path: 'body/secret', message: 'is not known to WeCom' })
  return problems
}
