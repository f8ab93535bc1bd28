import { type ConfigProblem as ContentProblem, maxConfigProblems } from '#contract/configuration.ts'
import { isFrom } from '#gateway/configuration/overlay.ts'
import type { ConfigProblem } from '#lib/load-config.ts'
import type { CloudContent } from './load-gateway.ts'

/** Problems of a whole configuration for the person who wrote what the cloud gave of it. Pure. */
export function contentProblems(
  problems: readonly ConfigProblem[],
  { content }: Pick<CloudContent, 'content'>,
): ContentProblem[] {
  return problems.slice(0, maxConfigProblems).map(({ path, message, file }) => {
    const [section = '', field] = path.split(/[.[\]]+/)
    const isTheirs = isFrom(content, field === undefined ? [section] : [section, field])
    const place = file === undefined || isTheirs ? '' : `${file.replace(/^.*\//, '')}: `
    return {
      // The file is ours; what they wrote is the name of the secret.
      path: (isTheirs ? path.replace(/\.passwordFile$/, '.secret') : path).slice(0, 200),
      message: `${place}${message}`.slice(0, 500),
      ...(isTheirs ? {} : { ours: true as const }),
    }
  })
}
