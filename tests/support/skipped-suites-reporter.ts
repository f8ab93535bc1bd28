import type { Reporter, TestModule } from 'vitest/node'
import { isSkippedTitle, skippedReport } from './skipped-suite.ts'

/** Names the suites whose server is missing, last of all: a skipped line in the middle is read by nobody. */
export class SkippedSuitesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allSuites()]
        .filter(({ name }) => isSkippedTitle(name))
        .map(({ name }) => ({ file: module.relativeModuleId, title: name })),
    )
    process.stdout.write(skippedReport(skipped))
  }
}
