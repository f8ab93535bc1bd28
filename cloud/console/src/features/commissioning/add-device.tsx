import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BusInfo, ProfileInfo, Protocol } from '#contract/request.ts'
import { keys } from '../../api/queries.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { addDevice, busesQuery, profilesQuery } from './commissioning-api.ts'
import { DeviceFields } from './device-fields.tsx'
import {
  type Draft,
  deviceOf,
  draftOfProposal,
  draftOfUnit,
  emptyDraft,
  missing,
  suggestedId,
} from './draft.ts'
import { ChoiceField } from './form-field.tsx'
import { NameFields } from './name-fields.tsx'
import { RequestProblem } from './problems.tsx'
import { ProfileChoice } from './profile-choice.tsx'
import { ProposalsPanel } from './proposals-panel.tsx'
import { ScanPanel } from './scan-panel.tsx'
import { TestRead } from './test-read.tsx'

export type AddDeviceProps = { readonly gateway: string }

type Way = 'scan' | 'discovery' | 'hand'

/** From nothing to a device that runs: find it, choose its profile, try it, name it, add it. */
export function AddDevice({ gateway }: AddDeviceProps) {
  const { t } = useTranslation()
  const buses = useQuery(busesQuery(gateway))
  const profiles = useQuery(profilesQuery(gateway))
  const [draft, setDraft] = useState<Draft>()
  return (
    <QueryView query={buses} skeletonRows={3}>
      {({ items }) => (
        <>
          <section aria-labelledby="find">
            <h2 id="find">{t('commissioning.stepFind')}</h2>
            <FindDevice gateway={gateway} buses={items} onFound={setDraft} />
          </section>
          {draft !== undefined && (
            <QueryView query={profiles}>
              {(list) => (
                <Describe
                  gateway={gateway}
                  buses={items}
                  profiles={list.items}
                  draft={draft}
                  onChange={setDraft}
                />
              )}
            </QueryView>
          )}
        </>
      )}
    </QueryView>
  )
}

type FindProps = {
  readonly gateway: string
  readonly buses: readonly BusInfo[]
  readonly onFound: (draft: Draft) => void
}

function FindDevice({ gateway, buses, onFound }: FindProps) {
  const { t } = useTranslation()
  const [way, setWay] = useState<Way>(buses.length > 0 ? 'scan' : 'discovery')
  return (
    <>
      <Segmented
        className="ways"
        aria-label={t('commissioning.way')}
        value={way}
        onChange={(value: Way) => setWay(value)}
        options={[
          { value: 'scan', label: t('commissioning.byScan') },
          { value: 'discovery', label: t('commissioning.byDiscovery') },
          { value: 'hand', label: t('commissioning.byHand') },
        ]}
      />
      {way === 'scan' && (
        <ScanPanel
          gateway={gateway}
          buses={buses}
          onChoose={(bus, unit) => onFound(draftOfUnit(bus, unit))}
        />
      )}
      {way === 'discovery' && (
        <ProposalsPanel gateway={gateway} onChoose={(proposal) => onFound(draftOfProposal(proposal))} />
      )}
      {way === 'hand' && <ByHand onFound={onFound} />}
    </>
  )
}

function ByHand({ onFound }: Pick<FindProps, 'onFound'>) {
  const { t } = useTranslation()
  const [protocol, setProtocol] = useState<Protocol>('modbus')
  const options = (['modbus', 'mqtt', 'onvif'] as const).map((value) => ({
    value,
    label: t(`commissioning.${value}`),
  }))
  return (
    <div className="form-row">
      <ChoiceField
        label={t('commissioning.protocol')}
        value={protocol}
        onChange={(value) => setProtocol(value as Protocol)}
        options={options}
      />
      <Button type="primary" onClick={() => onFound({ ...emptyDraft, protocol })}>
        {t('commissioning.next')}
      </Button>
    </div>
  )
}

type DescribeProps = {
  readonly gateway: string
  readonly buses: readonly BusInfo[]
  readonly profiles: readonly ProfileInfo[]
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
}

function Describe({ gateway, buses, profiles, draft, onChange }: DescribeProps) {
  const { t } = useTranslation()
  const profile = profiles.find(({ id }) => id === draft.profile)
  function choose({ id, unit }: ProfileInfo): void {
    const usual = draft.fields.unit === '' && unit !== undefined ? { unit: String(unit.default) } : {}
    onChange({ ...draft, profile: id, confirmed: [], fields: { ...draft.fields, variant: '', ...usual } })
  }
  return (
    <>
      <section aria-labelledby="profile">
        <h2 id="profile">{t('commissioning.stepProfile')}</h2>
        <ProfileChoice
          profiles={profiles}
          protocol={draft.protocol}
          chosen={draft.profile}
          onChoose={choose}
        />
      </section>
      {profile !== undefined && (
        <TryAndAdd key={profile.id} {...{ gateway, buses, profile, draft, onChange }} />
      )}
    </>
  )
}

type TryProps = Omit<DescribeProps, 'profiles'> & { readonly profile: ProfileInfo }

function TryAndAdd({ gateway, buses, profile, draft, onChange }: TryProps) {
  const { t } = useTranslation()
  const [readError, setReadError] = useState<unknown>(null)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const suggested = suggestedId(profile, draft)
  const isReady = missing(draft, profile).length === 0
  const add = useMutation({
    mutationFn: () => {
      const { id = suggested, ...device } = deviceOf(draft, profile)
      return addDevice(gateway, { id, ...device })
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: [keys.devices] })
      const [, device = ''] = id.split('/')
      await navigate({ to: '/devices/$gateway/$device', params: { gateway, device } })
    },
  })
  const error = add.error ?? readError
  /** What was wrong with the device as it was is not wrong with it as it is now. */
  function change(next: Draft): void {
    add.reset()
    setReadError(null)
    onChange(next)
  }
  return (
    <>
      <section aria-labelledby="try">
        <h2 id="try">{t('commissioning.stepTry')}</h2>
        <DeviceFields {...{ draft, profile, buses, error }} onChange={change} />
        <TestRead
          gateway={gateway}
          device={deviceOf({ ...draft, id: '', confirmed: [] }, profile)}
          isReady={isReady}
          confirmed={draft.confirmed}
          onConfirm={(confirmed) => change({ ...draft, confirmed })}
          onVariant={(variant) => change({ ...draft, fields: { ...draft.fields, variant } })}
          onError={setReadError}
        />
      </section>
      <section aria-labelledby="add">
        <h2 id="add">{t('commissioning.stepAdd')}</h2>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            add.mutate()
          }}
          noValidate
        >
          <NameFields {...{ draft, suggested, error: add.error }} onChange={change} />
          <RequestProblem error={add.error} />
          <div className="progress-row">
            <Button type="primary" size="large" htmlType="submit" disabled={!isReady} loading={add.isPending}>
              {t('commissioning.add')}
            </Button>
            <span className="muted" role="status">
              {add.isPending ? t('commissioning.adding') : isReady ? '' : t('commissioning.fillFirst')}
            </span>
          </div>
        </form>
      </section>
    </>
  )
}
