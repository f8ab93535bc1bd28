import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { MyNotifications, MySettings } from '#contract/api/notifications.ts'
import type { PersonalChannel } from '#contract/notice.ts'
import { siteTimeZone } from '../../format/time.ts'
import { englishName } from '../../i18n/local-text.ts'
import { chineseName } from '../../i18n/zh-cn.ts'
import { ChoiceField, FormField, TextField } from '../commissioning/form-field.tsx'
import { problemAt, RequestProblem } from '../commissioning/problems.tsx'
import { notificationKeys, putMine } from './notifications-api.ts'

const zones = [siteTimeZone, 'Asia/Urumqi', 'UTC']
const night = { from: '22:00', to: '06:30' }

/** Language, quiet hours, and from which priority on by what. */
export function SettingsForm({ mine }: { readonly mine: MyNotifications }) {
  const { t } = useTranslation()
  const heading = useId()
  const queries = useQueryClient()
  const [draft, setDraft] = useState(mine.settings)
  const save = useMutation({
    mutationFn: putMine,
    onSuccess: (now) => queries.setQueryData(notificationKeys.mine, now),
  })
  function change(next: Partial<MySettings>): void {
    save.reset()
    setDraft({ ...draft, ...next })
  }
  function submit(event: FormEvent): void {
    event.preventDefault()
    save.mutate(draft)
  }
  return (
    <section className="panel padded" aria-labelledby={heading}>
      <h2 id={heading}>{t('notifications.settings')}</h2>
      <form noValidate onSubmit={submit}>
        <div className="form-grid">
          <Email {...{ draft, mine, change }} error={save.error} />
          <UptoField channel="email" {...{ draft, mine, change }} />
          <UptoField channel="push" {...{ draft, mine, change }} />
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
        <Quiet {...{ draft, change }} />
        <RequestProblem error={save.error} />
        <div className="progress-row">
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t('notifications.save')}
          </Button>
          {save.isSuccess && (
            <span className="tone-good" role="status">
              {t('notifications.saved')}
            </span>
          )}
        </div>
      </form>
    </section>
  )
}

/** 0: nothing. */
type Upto = 0 | 1 | 2 | 3 | 4

type PartProps = {
  readonly draft: MySettings
  readonly change: (next: Partial<MySettings>) => void
}
type OwnProps = PartProps & { readonly mine: MyNotifications }

function Email({ draft, mine, change, error }: OwnProps & { readonly error: unknown }) {
  const { t } = useTranslation()
  return (
    <TextField
      label={t('notifications.address')}
      hint={mine.canMail ? undefined : t('notifications.noMail')}
      problem={
        problemAt(error, 'body/email/address') === undefined ? undefined : t('notifications.badAddress')
      }
      value={draft.email.address}
      onChange={(address) => change({ email: { ...draft.email, address: address.trim() } })}
      placeholder="name@school.example"
    />
  )
}

/** Off, as the installation has it for the person's roles, or up to a priority. */
function UptoField({ channel, draft, mine, change }: OwnProps & { readonly channel: PersonalChannel }) {
  const { t } = useTranslation()
  const usual = mine.defaults[channel]
  const { enabled, minPriority } = draft[channel]
  const words = (upTo: number) => t(`notifications.upToPriority.${upTo as Upto}`)
  function choose(value: string): void {
    const next = { enabled: value !== 'off', minPriority: /^[1-4]$/.test(value) ? Number(value) : null }
    change(channel === 'email' ? { email: { ...draft.email, ...next } } : { push: next })
  }
  return (
    <ChoiceField
      label={t(`notifications.byWhat.${channel}`)}
      value={enabled ? `${minPriority ?? 'usual'}` : 'off'}
      onChange={choose}
      options={[
        { value: 'usual', label: t('notifications.usual', { what: words(usual) }) },
        ...[1, 2, 3, 4].map((upTo) => ({ value: `${upTo}`, label: words(upTo) })),
        { value: 'off', label: t('notifications.off') },
      ]}
    />
  )
}

function Quiet({ draft, change }: PartProps) {
  const { t } = useTranslation()
  const { quiet, timeZone } = draft
  const time = (key: 'from' | 'to') => (
    <FormField label={t(`notifications.quietEdge.${key}`)}>
      {(attributes) => (
        <Input
          {...attributes}
          type="time"
          required
          value={quiet?.[key] ?? ''}
          onChange={({ target }) => change({ quiet: { ...(quiet ?? night), [key]: target.value } })}
        />
      )}
    </FormField>
  )
  return (
    <fieldset className="quiet-hours">
      <legend>{t('notifications.quiet')}</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={quiet !== null}
          onChange={({ target }) => change({ quiet: target.checked ? night : null })}
        />
        {t('notifications.quietOn')}
      </label>
      <p className="field-hint">{t('notifications.quietHint')}</p>
      {quiet !== null && (
        <div className="form-row">
          {time('from')}
          {time('to')}
          <ChoiceField
            label={t('notifications.timeZone')}
            value={timeZone}
            onChange={(zone) => change({ timeZone: zone })}
            options={[...new Set([...zones, timeZone])].map((value) => ({ value, label: value }))}
          />
        </div>
      )}
    </fieldset>
  )
}
