import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { NotificationChannel } from '#contract/api/notifications.ts'
import { treeQuery } from '../../api/queries.ts'
import { englishName, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { chineseName } from '../../i18n/zh-cn.ts'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { problemAt, RequestProblem } from '../commissioning/problems.tsx'
import { bodyOf, type Draft } from './channel-draft.ts'
import { notificationKeys, putChannel } from './notifications-api.ts'

export type ChannelFormProps = {
  readonly start: Draft
  /** As it is; absent for a new one. */
  readonly was?: NotificationChannel | undefined
  readonly onDone: () => void
  readonly onCancel: () => void
}

/** A robot or a webhook to fill in. Secrets that are there stay unless they are written again. */
export function ChannelForm({ start, was, onDone, onCancel }: ChannelFormProps) {
  const { t } = useTranslation()
  const heading = useId()
  const queries = useQueryClient()
  const [draft, setDraft] = useState(start)
  const save = useMutation({
    mutationFn: () => putChannel(was?.id, bodyOf(draft)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: notificationKeys.channels })
      onDone()
    },
  })
  function change(next: Partial<Draft>): void {
    save.reset()
    setDraft({ ...draft, ...next })
  }
  const kind = t(`notifications.kind.${draft.kind}`)
  const part = { draft, was, change, error: save.error }
  return (
    <section className="panel padded channel-form" aria-labelledby={heading}>
      <h2 id={heading}>
        {was === undefined
          ? t('notifications.add', { kind })
          : t('notifications.change', { title: was.title })}
      </h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <div className="form-grid">
          <TextField
            label={t('notifications.name')}
            value={draft.title}
            onChange={(title) => change({ title })}
            problem={problemAt(save.error, 'body/title') && t('notifications.nameNeeded')}
          />
          <Place {...part} />
          {draft.kind === 'webhook' ? <WebhookFields {...part} /> : <RobotFields {...part} />}
          <ChoiceField
            label={t('notifications.upTo')}
            value={`${draft.minPriority}`}
            onChange={(value) => change({ minPriority: Number(value) })}
            options={([1, 2, 3, 4] as const).map((upTo) => ({
              value: `${upTo}`,
              label: t(`notifications.upToPriority.${upTo}`),
            }))}
          />
          <ChoiceField
            label={t('notifications.language')}
            value={draft.language}
            onChange={(language) => change({ language: language === 'en' ? 'en' : 'zh-CN' })}
            options={[
              { value: 'zh-CN', label: chineseName },
              { value: 'en', label: englishName },
            ]}
          />
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={({ target }) => change({ enabled: target.checked })}
          />
          {t('notifications.enabled')}
        </label>
        <RequestProblem error={save.error} />
        <div className="progress-row">
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t('notifications.save')}
          </Button>
          <Button onClick={onCancel}>{t('notifications.cancel')}</Button>
        </div>
      </form>
    </section>
  )
}

type PartProps = {
  readonly draft: Draft
  readonly was: NotificationChannel | undefined
  readonly change: (next: Partial<Draft>) => void
  readonly error: unknown
}

function Place({ draft, change, error }: PartProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const nodes = useQuery(treeQuery).data?.nodes ?? []
  return (
    <ChoiceField
      label={t('notifications.place')}
      hint={t('notifications.placeHint')}
      problem={problemAt(error, 'body/node')}
      value={draft.node}
      onChange={(node) => change({ node })}
      options={[
        { value: '', label: t('notifications.everything') },
        ...nodes.map(({ id, title }) => ({ value: id, label: `${localText(title, language, id)} · ${id}` })),
      ]}
    />
  )
}

function WebhookFields({ draft, was, change, error }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      <TextField
        label={t('notifications.url')}
        hint={was === undefined ? undefined : t('notifications.urlAgain')}
        problem={problemAt(error, 'body/url')}
        value={draft.url}
        onChange={(url) => change({ url })}
        placeholder="https://"
      />
      <TextField
        label={t('notifications.secret')}
        hint={was?.hasSecret === true ? t('notifications.secretStays') : t('notifications.secretHint')}
        problem={problemAt(error, 'body/secret')}
        type="password"
        value={draft.secret}
        onChange={(secret) => change({ secret })}
      />
    </>
  )
}

function RobotFields({ draft, was, change, error }: PartProps) {
  const { t } = useTranslation()
  return (
    <>
      <TextField
        label={t('notifications.token')}
        hint={was?.hasToken === true ? t('notifications.secretStays') : t('notifications.tokenHint')}
        problem={problemAt(error, 'body/token')}
        type="password"
        value={draft.token}
        onChange={(token) => change({ token })}
      />
      {draft.kind === 'dingtalk' && (
        <TextField
          label={t('notifications.sign')}
          hint={was?.hasSecret === true ? t('notifications.secretStays') : t('notifications.signHint')}
          problem={problemAt(error, 'body/secret')}
          type="password"
          value={draft.secret}
          onChange={(secret) => change({ secret })}
        />
      )}
      <TextField
        label={t('notifications.mentions')}
        hint={t('notifications.mentionsHint')}
        problem={problemAt(error, 'body/mentions')}
        value={draft.mentions}
        onChange={(mentions) => change({ mentions })}
      />
    </>
  )
}
