import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TreeNode, TreeProblem } from '#contract/api/tree.ts'
import {
  type AttributeName,
  attributesOf,
  gatewayKinds,
  isPrivateRoom,
  type RoomType,
  roomTypeNames,
  stageNames,
} from '#contract/organisation.ts'
import { keys } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { zhCn } from '../../i18n/zh-cn.ts'
import { ChoiceField, FormField, TextField } from '../commissioning/form-field.tsx'
import { bodyOf, type Draft } from './node-draft.ts'
import { putNode } from './tree-api.ts'
import { parentsFor, type TreeModel } from './tree-model.ts'
import { Reasons, refusalOf, TreeRefusal } from './tree-refusal.tsx'
import { useTreeWords } from './use-tree-words.ts'

export type NodeFormProps = {
  readonly model: TreeModel
  readonly start: Draft
  /** The place as it is; absent for a new one. */
  readonly was?: TreeNode | undefined
  readonly onDone: (id: string) => void
  readonly onCancel: () => void
}

/** A place to fill in; what its kind has comes from the one table. */
export function NodeForm({ model, start, was, onDone, onCancel }: NodeFormProps) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(start)
  const [unsent, setUnsent] = useState<readonly TreeProblem[]>([])
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: ({ id, body }: { id: string; body: Parameters<typeof putNode>[1] }) => putNode(id, body),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: [keys.tree] })
      onDone(id)
    },
  })
  const problems = unsent.length > 0 ? unsent : refusalOf(save.error)
  function change(next: Partial<Draft>): void {
    setUnsent([])
    save.reset()
    setDraft({ ...draft, ...next })
  }
  function submit(): void {
    const written = bodyOf(draft, was)
    if (written.ok) save.mutate(written)
    else setUnsent(written.problems)
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div className="form-grid">
        {was === undefined && <Text name="id" {...{ draft, problems, change }} />}
        <Text name="titleZh" {...{ draft, problems, change }} />
        <Text name="titleEn" {...{ draft, problems, change }} />
        <Parent {...{ model, draft, problems, change }} />
        <Text name="order" {...{ draft, problems, change }} />
        {attributesOf[draft.kind].map((name) => (
          <Attribute key={name} name={name} {...{ draft, problems, change }} />
        ))}
        {gatewayKinds.includes(draft.kind) && <Text name="gateways" {...{ draft, problems, change }} />}
      </div>
      {unsent.length > 0 ? <Reasons problems={unsent} /> : <TreeRefusal error={save.error} />}
      <div className="progress-row">
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('tree.save')}
        </Button>
        <Button onClick={onCancel}>{t('tree.cancel')}</Button>
      </div>
    </form>
  )
}

type FieldProps = {
  readonly draft: Draft
  readonly problems: readonly TreeProblem[]
  readonly change: (next: Partial<Draft>) => void
}

function useProblemAt(problems: readonly TreeProblem[], field: string): string | undefined {
  const words = useTreeWords()
  const problem = problems.find((one) => one.field === field)
  return problem === undefined ? undefined : words.problem(problem)
}

type TextName = Exclude<keyof Draft, 'kind' | 'parent' | 'stages' | 'roomType' | 'footprint'>

function Text({ name, draft, problems, change }: FieldProps & { readonly name: TextName }) {
  const { t } = useTranslation()
  const words = useTreeWords()
  const hint = Object.hasOwn(zhCn.tree.hint, name)
    ? t(`tree.hint.${name as keyof typeof zhCn.tree.hint}`)
    : undefined
  return (
    <TextField
      label={words.field(name)}
      hint={hint}
      problem={useProblemAt(problems, name)}
      value={draft[name]}
      inputMode={['people', 'areaM2', 'floors', 'order', 'schoolCode'].includes(name) ? 'decimal' : 'text'}
      onChange={(value) => change({ [name]: value })}
    />
  )
}

function Parent({ model, draft, problems, change }: FieldProps & { readonly model: TreeModel }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { top, nodes } = parentsFor(model, draft.kind)
  const options = [
    ...(top ? [{ value: '', label: t('tree.top') }] : []),
    ...nodes.map(({ id, title }) => ({ value: id, label: `${localText(title, language, id)} · ${id}` })),
  ]
  return (
    <ChoiceField
      label={t('tree.field.parent')}
      problem={useProblemAt(problems, 'parent')}
      value={draft.parent}
      onChange={(parent) => change({ parent })}
      options={options}
    />
  )
}

function Attribute({ name, ...field }: FieldProps & { readonly name: AttributeName }) {
  if (name === 'stages') return <Stages {...field} />
  if (name === 'roomType') return <RoomTypeField {...field} />
  return name === 'footprint' ? <Outline {...field} /> : <Text name={name} {...field} />
}

function Stages({ draft, change }: FieldProps) {
  const { t } = useTranslation()
  const words = useTreeWords()
  return (
    <fieldset className="field stages">
      <legend>{t('tree.field.stages')}</legend>
      {stageNames.map((stage) => (
        <label key={stage} className="check">
          <input
            type="checkbox"
            checked={draft.stages.includes(stage)}
            onChange={({ target }) => {
              const wanted = new Set(draft.stages)
              if (target.checked) wanted.add(stage)
              else wanted.delete(stage)
              // In their own order, whatever was ticked first.
              change({ stages: stageNames.filter((one) => wanted.has(one)) })
            }}
          />
          {words.stages([stage])}
        </label>
      ))}
    </fieldset>
  )
}

function RoomTypeField({ draft, problems, change }: FieldProps) {
  const { t } = useTranslation()
  const words = useTreeWords()
  const isPrivate = draft.roomType !== '' && isPrivateRoom(draft.roomType)
  return (
    <ChoiceField
      label={t('tree.field.roomType')}
      hint={isPrivate ? t('tree.noCameras') : undefined}
      // A camera in the room speaks of the room's type as well.
      problem={useProblemAt(problems, 'devices') ?? useProblemAt(problems, 'roomType')}
      value={draft.roomType}
      onChange={(value) => change({ roomType: value as RoomType | '' })}
      options={[
        { value: '', label: t('tree.none') },
        ...roomTypeNames.map((type) => ({ value: type, label: words.roomType(type) })),
      ]}
    />
  )
}

function Outline({ draft, problems, change }: FieldProps) {
  const { t } = useTranslation()
  return (
    <FormField
      label={t('tree.field.footprint')}
      hint={t('tree.hint.footprint')}
      problem={useProblemAt(problems, 'footprint')}
    >
      {(attributes) => (
        <Input.TextArea
          {...attributes}
          value={draft.footprint}
          onChange={(event) => change({ footprint: event.target.value })}
          rows={3}
          spellCheck={false}
          autoComplete="off"
        />
      )}
    </FormField>
  )
}
