import { Input } from 'antd'
import { type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { find, maxMatches, pathTo, type TreeModel } from './tree-model.ts'
import { type Row, rowsOf, stepOf } from './tree-rows.ts'

export type PlacesTreeProps = {
  readonly model: TreeModel
  readonly chosen: string | undefined
  readonly onChoose: (id: string) => void
}

/** The tree with its search. */
export function PlacesTree({ model, chosen, onChoose }: PlacesTreeProps) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(firstOpen(model, chosen)))
  const [known, setKnown] = useState(chosen)
  if (known !== chosen) {
    setKnown(chosen)
    setOpen(new Set([...open, ...firstOpen(model, chosen)]))
  }
  const found = useMemo(() => (text.trim() === '' ? undefined : find(model, text)), [model, text])
  // While one searches, what was found stays in sight.
  const rows = rowsOf(model, found === undefined ? open : new Set(found.open), found?.shown)
  function toggle(id: string): void {
    const next = new Set(open)
    if (!next.delete(id)) next.add(id)
    setOpen(next)
  }
  return (
    <>
      <search>
        <Input
          type="search"
          aria-label={t('tree.search')}
          placeholder={t('tree.searchHint')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          maxLength={100}
        />
      </search>
      {rows.length === 0 ? (
        <div className="panel padded" role="status">
          <p>{t('tree.noMatchTitle')}</p>
          <p className="muted">{t('tree.noMatchHint')}</p>
        </div>
      ) : (
        <Rows {...{ model, rows, chosen, onChoose }} onToggle={toggle} />
      )}
      {found !== undefined && found.matches.length >= maxMatches && (
        <p className="muted small">{t('tree.clipped', { shown: maxMatches })}</p>
      )}
    </>
  )
}

/** What is above the chosen place; the top of a small tree. */
function firstOpen(model: TreeModel, chosen: string | undefined): string[] {
  if (chosen !== undefined) return pathTo(model, chosen).map(({ id }) => id)
  const top = model.children.get(undefined) ?? []
  return top.length <= 3 ? top.map(({ id }) => id) : []
}

type RowsProps = PlacesTreeProps & { readonly rows: readonly Row[]; readonly onToggle: (id: string) => void }

/** Arrow keys walk, fold and unfold; Enter and the space bar choose. One line at a time is in the order of Tab. */
function Rows({ model, rows, chosen, onChoose, onToggle }: RowsProps) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const [focused, setFocused] = useState<string>()
  const isVisible = (id: string | undefined): boolean => rows.some(({ node }) => node.id === id)
  const inTabOrder = [focused, chosen].find(isVisible) ?? rows[0]?.node.id

  function press(event: KeyboardEvent<HTMLDivElement>, id: string): void {
    if (event.key === 'Enter' || event.key === ' ') onChoose(id)
    else {
      const step = stepOf(rows, id, event.key)
      if (step === undefined) return
      const toggled = step.fold ?? step.unfold
      if (toggled !== undefined) onToggle(toggled)
      if (step.focus !== undefined)
        box.current?.querySelector<HTMLElement>(`[data-node="${step.focus}"]`)?.focus()
    }
    event.preventDefault()
  }
  function click(event: MouseEvent<HTMLDivElement>, id: string): void {
    if ((event.target as Element).closest('.twisty') === null) onChoose(id)
    else onToggle(id)
  }
  return (
    <div className="panel tree-box" role="tree" aria-label={t('tree.label')} ref={box}>
      {rows.map((row) => (
        <div
          key={row.node.id}
          role="treeitem"
          className={`tree-row tree-level-${row.level}`}
          data-node={row.node.id}
          aria-level={row.level}
          aria-posinset={row.position}
          aria-setsize={row.siblings}
          aria-selected={row.node.id === chosen}
          {...(row.isOpen === undefined ? {} : { 'aria-expanded': row.isOpen })}
          tabIndex={row.node.id === inTabOrder ? 0 : -1}
          onFocus={() => setFocused(row.node.id)}
          onKeyDown={(event) => press(event, row.node.id)}
          onClick={(event) => click(event, row.node.id)}
        >
          <Twisty isOpen={row.isOpen} />
          <Name row={row} devices={model.devicesBelow.get(row.node.id) ?? 0} />
        </div>
      ))}
    </div>
  )
}

function Twisty({ isOpen }: { readonly isOpen: boolean | undefined }) {
  if (isOpen === undefined) return <span className="twisty-none" />
  return (
    <svg className={isOpen ? 'twisty twisty-open' : 'twisty'} viewBox="0 0 16 16" aria-hidden="true">
      <path d="m6 3.5 4.5 4.5L6 12.5" fill="none" stroke="currentColor" strokeWidth="1.8" />
    </svg>
  )
}

function Name({ row: { node }, devices }: { readonly row: Row; readonly devices: number }) {
  const language = useLanguage()
  return (
    <>
      <span className="tree-name">{localText(node.title, language, node.id)}</span>
      {devices > 0 && <span className="muted small">{devices}</span>}
    </>
  )
}
