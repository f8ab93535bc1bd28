import { type ConfigProblem, formatProblem } from './load-config.ts'

/** For `main.ts`: every problem on its own line on stderr, then exit status 2. Nothing was changed by then. */
export function exitWithProblems(file: string, problems: readonly ConfigProblem[]): never {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const lines = problems.map((problem) => formatProblem(file, problem))
  process.stderr.write(`${lines.join('\n')}\n${count} found from ${file}\n`)
  process.exit(2)
}
