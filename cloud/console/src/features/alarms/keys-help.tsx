import { useTranslation } from 'react-i18next'

const keysOf = [
  ['↑ ↓', 'move'],
  ['Shift ↑ ↓', 'range'],
  ['Enter', 'ack'],
  ['→ ←', 'fold'],
  ['S', 'shelve'],
  ['F', 'falseAlarm'],
  ['A', 'assign'],
  ['N', 'note'],
  ['Esc', 'back'],
  ['?', 'help'],
] as const

/** What the keys do, and when. */
export function KeysHelp() {
  const { t } = useTranslation()
  return (
    <div className="panel padded alarm-keys">
      <p className="small">{t('alarms.keys.when')}</p>
      <dl>
        {keysOf.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`alarms.keys.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
