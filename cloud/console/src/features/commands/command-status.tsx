import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Point } from '#contract/api/points.ts'
import { CommandMark } from './command-mark.tsx'
import { commandWords } from './command-words.ts'
import { useCommandText } from './use-command-text.ts'

export type CommandStatusProps = {
  readonly command: IssuedCommand
  readonly point: Pick<Point, 'id' | 'unit'>
}

/** Where the command is: shape and sentence. */
export function CommandStatus({ command, point }: CommandStatusProps) {
  const text = useCommandText()
  const { tone } = commandWords(command)
  return (
    <span className={`command-status tone-${tone}`} data-command={command.id} data-state={command.state}>
      <CommandMark tone={tone} />
      <span>{text(command, point)}</span>
    </span>
  )
}

/** The request has not been answered yet. */
export function Submitting() {
  const { t } = useTranslation()
  return (
    <span className="command-status tone-waiting">
      <CommandMark tone="waiting" />
      <span>{t('command.submitting')}</span>
    </span>
  )
}
