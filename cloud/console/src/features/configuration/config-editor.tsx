import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ConfigChecked, GatewayConfiguration } from '#contract/api/configuration.ts'
import type { ConfigContent, ConfigProblem } from '#contract/configuration.ts'
import { ApiError } from '../../api/client.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { TextField } from '../commissioning/form-field.tsx'
import '../commissioning/commissioning.css'
import { ChangesTable } from './changes-table.tsx'
import { checkConfig, configKey, problemsOf, putConfig } from './config-api.ts'
import { readText, type TextProblem, textOf } from './config-text.ts'
import { ProblemsList } from './problems-list.tsx'

export type ConfigEditorProps = {
  readonly configuration: GatewayConfiguration
  readonly onClose: () => void
}

type Looked = ConfigChecked & { readonly text: string; readonly content: ConfigContent }

/** Text, then what it changes, and only as it was shown it is applied. */
export function ConfigEditor({ configuration, onClose }: ConfigEditorProps) {
  const { t } = useTranslation()
  const { gateway } = configuration
  // The page is refreshed while somebody writes: what the text was made from stays.
  const [base] = useState(configuration)
  const [text, setText] = useState(() => textOf(firstContent(base)))
  const [comment, setComment] = useState('')
  const [problems, setProblems] = useState<readonly TextProblem[]>([])
  const [looked, setLooked] = useState<Looked>()
  const area = useRef<HTMLTextAreaElement>(null)
  const queries = useQueryClient()

  const check = useMutation({
    mutationFn: (content: ConfigContent) => checkConfig(gateway, content),
    onSuccess: (result, content) => {
      setProblems(withLines(text, result.problems))
      if (result.problems.length === 0) setLooked({ ...result, text, content })
    },
  })
  const apply = useMutation({
    mutationFn: ({ content }: Looked) => putConfig(gateway, { baseVersion: base.version, comment, content }),
    onSuccess: (next) => {
      queries.setQueryData(configKey(gateway), next)
      onClose()
    },
    onError: (error) => {
      const found = problemsOf(error)
      if (found.length === 0) return
      setLooked(undefined)
      setProblems(withLines(text, found))
    },
  })

  function look(): void {
    apply.reset()
    check.reset()
    setLooked(undefined)
    const read = readText(text)
    setProblems(read.ok ? [] : read.problems)
    if (read.ok) check.mutate(read.content)
  }
  function goTo(line: number): void {
    const lines = text.split('\n')
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
    area.current?.focus()
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0))
    const { lineHeight } = area.current === null ? { lineHeight: '20' } : getComputedStyle(area.current)
    area.current?.scrollTo({ top: (line - 3) * Number.parseFloat(lineHeight) })
  }

  return (
    <section className="panel padded config-panel" aria-labelledby="config-editor">
      <div className="page-head">
        <h2 id="config-editor" className="config-heading">
          {t('configuration.editTitle')}
        </h2>
        <Button onClick={onClose}>{t('configuration.close')}</Button>
      </div>
      <p className="muted">{t(base.version === 0 ? 'configuration.firstHint' : 'configuration.editHint')}</p>
      <textarea
        ref={area}
        className="config-text"
        aria-label={t('configuration.text')}
        spellCheck={false}
        rows={18}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setLooked(undefined)
        }}
      />
      {problems.length > 0 && (
        <ProblemsList problems={problems} title={t('configuration.fixFirst')} onLine={goTo} />
      )}
      <Refusal error={check.error ?? apply.error} />
      <div className="progress-row">
        <Button type={looked === undefined ? 'primary' : 'default'} loading={check.isPending} onClick={look}>
          {t('configuration.look')}
        </Button>
      </div>
      {looked !== undefined && (
        <>
          <h3 className="config-heading">{t('configuration.changes')}</h3>
          <ChangesTable changes={looked.changes} label={t('configuration.changes')} />
          <TextField label={t('configuration.comment')} value={comment} onChange={setComment} />
          <p className="muted small">{t('configuration.applyHint')}</p>
          <Button type="primary" loading={apply.isPending} onClick={() => apply.mutate(looked)}>
            {t('configuration.apply', { gateway })}
          </Button>
        </>
      )}
    </section>
  )
}

function Refusal({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  if (error === null || problemsOf(error).length > 0) return null
  const isLate = error instanceof ApiError && error.code === 'CONFLICT'
  return (
    <div role="alert" className="notice">
      <Alert type="error" showIcon title={isLate ? t('configuration.conflict') : errorText(error)} />
    </div>
  )
}

/** Before the first version a person starts from what the gateway runs. */
function firstContent({ version, content, own = {} }: GatewayConfiguration): ConfigContent {
  if (version > 0) return content
  const { added, ...sections } = own
  return sections
}

function withLines(text: string, problems: readonly ConfigProblem[]): TextProblem[] {
  const read = readText(text)
  return problems.map((problem) => {
    const line = read.ok && problem.ours !== true ? read.lineOf(problem.path) : undefined
    return line === undefined ? problem : { ...problem, line }
  })
}
