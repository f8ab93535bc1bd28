import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { gatewaysQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { TextField } from '../commissioning/form-field.tsx'
import '../commissioning/commissioning.css'
import { problemsOf, startRollout } from './config-api.ts'
import { readText, type TextProblem } from './config-text.ts'
import { ProblemsList } from './problems-list.tsx'

const example = `outbox:\n  diskBudget: 1GB\n`

/** What, where, and in which stages. */
export function RolloutForm({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  const navigate = useNavigate()
  const [text, setText] = useState(example)
  const [comment, setComment] = useState('')
  const [stages, setStages] = useState('1, 10%, 100%')
  const [soak, setSoak] = useState('60')
  const [chosen, choose] = useState<readonly string[]>([])
  const [problems, setProblems] = useState<readonly TextProblem[]>([])
  const start = useMutation({
    mutationFn: startRollout,
    onSuccess: ({ id }) => navigate({ to: '/rollouts/$rollout', params: { rollout: id } }),
    onError: (error) => setProblems(problemsOf(error)),
  })

  function begin(): void {
    start.reset()
    const read = readText(text)
    const steps = stages.split(/[,，\s]+/).filter((one) => one !== '')
    const found: TextProblem[] = [
      ...(read.ok ? [] : read.problems),
      ...(chosen.length === 0 ? [{ path: '', message: t('rollouts.chooseFirst') }] : []),
      ...(steps.length > 0 && steps.every((one) => /^([1-9]\d{0,3}|(100|[1-9]\d?)%)$/.test(one))
        ? []
        : [{ path: '', message: t('rollouts.badStages') }]),
      ...(/^\d{1,5}$/.test(soak) && Number(soak) <= 86_400
        ? []
        : [{ path: '', message: t('rollouts.badSoak') }]),
    ]
    setProblems(found)
    if (!read.ok || found.length > 0) return
    start.mutate({ change: read.content, gateways: [...chosen], stages: steps, soakS: Number(soak), comment })
  }

  return (
    <section className="panel padded config-panel" aria-labelledby="rollout-form">
      <div className="page-head">
        <h2 id="rollout-form" className="config-heading">
          {t('rollouts.make')}
        </h2>
        <Button onClick={onClose}>{t('configuration.close')}</Button>
      </div>
      <p className="muted">{t('rollouts.hint')}</p>
      <textarea
        className="config-text"
        aria-label={t('rollouts.change')}
        spellCheck={false}
        rows={8}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <GatewayChoice
        chosen={chosen}
        onChange={(next) => {
          choose(next)
          setProblems([])
        }}
      />
      <div className="config-fields">
        <TextField label={t('rollouts.stages')} value={stages} onChange={setStages} />
        <TextField label={t('rollouts.soak')} value={soak} inputMode="numeric" onChange={setSoak} />
        <TextField label={t('configuration.comment')} value={comment} onChange={setComment} />
      </div>
      {problems.length > 0 && <ProblemsList problems={problems} title={t('rollouts.notBegun')} />}
      {start.error !== null && problemsOf(start.error).length === 0 && (
        <Alert type="error" showIcon className="notice" role="alert" title={errorText(start.error)} />
      )}
      <Button type="primary" loading={start.isPending} onClick={begin}>
        {t('rollouts.begin', { shown: chosen.length })}
      </Button>
    </section>
  )
}

type GatewayChoiceProps = {
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** In the order in which they are chosen: the first is the first stage. */
function GatewayChoice({ chosen, onChange }: GatewayChoiceProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const query = useQuery(gatewaysQuery)
  return (
    <QueryView query={query} skeletonRows={2}>
      {({ items }) => (
        <fieldset className="config-gateways">
          <legend>{t('rollouts.gateways')}</legend>
          <Choice
            label={t('rollouts.all')}
            checked={chosen.length === items.length && items.length > 0}
            onChange={(isOn) => onChange(isOn ? items.map(({ id }) => id) : [])}
          />
          {items.map(({ id, title }) => (
            <Choice
              key={id}
              label={`${localText(title, language, id)}${chosen.includes(id) ? ` (${chosen.indexOf(id) + 1})` : ''}`}
              checked={chosen.includes(id)}
              onChange={(isOn) => onChange(isOn ? [...chosen, id] : chosen.filter((one) => one !== id))}
            />
          ))}
        </fieldset>
      )}
    </QueryView>
  )
}

type ChoiceProps = {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (isOn: boolean) => void
}

function Choice({ label, checked, onChange }: ChoiceProps) {
  return (
    <label className="config-choice">
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  )
}
