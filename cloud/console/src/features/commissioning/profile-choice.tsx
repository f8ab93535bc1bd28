import { Input } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProfileInfo, Protocol } from '#contract/request.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { findProfiles } from './draft.ts'

export type ProfileChoiceProps = {
  readonly profiles: readonly ProfileInfo[]
  readonly protocol: Protocol | undefined
  readonly chosen: string | undefined
  readonly onChoose: (profile: ProfileInfo) => void
}

const maxShown = 20

/** One of the profiles that fit, found by vendor, model or title. Radio buttons of the browser: arrow keys move. */
export function ProfileChoice({ profiles, protocol, chosen, onChoose }: ProfileChoiceProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const name = useId()
  const [text, setText] = useState('')
  const found = findProfiles(profiles, text, protocol)
  // What was chosen stays in sight, whatever is searched for afterwards.
  const shown = found.filter(({ id }, index) => index < maxShown || id === chosen)
  return (
    <>
      <Input
        type="search"
        className="search-field"
        aria-label={t('commissioning.searchProfile')}
        placeholder={t('commissioning.searchProfileHint')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        maxLength={100}
      />
      {found.length === 0 ? (
        <Empty title={t('commissioning.noProfileTitle')} hint={t('commissioning.noProfileHint')} />
      ) : (
        <fieldset className="profile-list panel">
          <legend className="sr">{t('commissioning.profile')}</legend>
          {shown.map((profile) => (
            <label key={profile.id} className="profile-row">
              <input
                type="radio"
                name={name}
                checked={profile.id === chosen}
                onChange={() => onChoose(profile)}
              />
              <span className="profile-text">
                <span>{localText(profile.title, language, profile.id)}</span>
                <span className="muted small">
                  {`${profile.vendor} · ${profile.models.slice(0, 4).join(', ')} · ${t(`commissioning.${profile.protocol}`)}`}
                </span>
                <span className="id">{`${profile.id} ${profile.version}`}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <p className="muted small" role="status">
        {t('commissioning.profilesShown', { shown: shown.length, count: found.length })}
      </p>
    </>
  )
}
