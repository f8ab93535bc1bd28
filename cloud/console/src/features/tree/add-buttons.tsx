import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { NodeKind } from '#contract/organisation.ts'

export type AddButtonsProps = {
  readonly label: string
  readonly kinds: readonly NodeKind[]
  readonly onAdd: (kind: NodeKind) => void
}

/** One button for each kind that may stand here. */
export function AddButtons({ label, kinds, onAdd }: AddButtonsProps) {
  const { t } = useTranslation()
  if (kinds.length === 0) return null
  return (
    <fieldset className="add-buttons" aria-label={label}>
      {kinds.map((kind) => (
        <Button key={kind} onClick={() => onAdd(kind)}>
          {t('tree.add', { kind: t(`tree.kind.${kind}`) })}
        </Button>
      ))}
    </fieldset>
  )
}
