import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Point } from '#contract/api/points.ts'
import { ApiError } from '../../api/client.ts'
import { instantText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useValueWithUnit } from '../../points/use-words.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { commandWords } from './command-words.ts'

/** Where a command is, in a sentence. */
export function useCommandText(): (command: IssuedCommand, point: Pick<Point, 'id' | 'unit'>) => string {
  const { t } = useTranslation()
  const language = useLanguage()
  const valueText = useValueWithUnit()
  const errorText = useErrorText()
  return (command, point) => {
    const { code, reason, readBack, expiresAt, createdAt } = command
    const why = code === undefined ? '' : errorText(new ApiError(code as ApiError['code'], { message: '' }))
    return t(`command.state.${commandWords(command).text}`, {
      value: readBack === undefined ? '' : valueText(point, readBack),
      reason: localText(reason, language, why),
      until: instantText(Date.parse(expiresAt), Date.parse(createdAt)),
    })
  }
}
