import { defineConfig } from 'vitest/config'
import { SkippedSuitesReporter } from './tests/support/skipped-suites-reporter.ts'

const exclude = ['**/node_modules/**', '**/dist/**', 'data/**']

/** A file for results that a machine reads. Here and not on the command line, which would replace all reporters. */
const resultsFile = process.env.CAMPUS_TEST_RESULTS
const results: ['json', { outputFile: string }][] =
  resultsFile === undefined ? [] : [['json', { outputFile: resultsFile }]]

/** Minutes of outages and timeouts with little to compute: two of them run beside each other. */
const waiting = [
  'tests/system/outage.test.ts',
  'tests/system/clean-stop.test.ts',
  'tests/peers/thingsboard-7123.test.ts',
  'tests/peers/flowfuse-453.test.ts',
  'tests/peers/iotedge-3981.test.ts',
]
const faults = ['tests/faults/mix.test.ts']
const realTime = { testTimeout: 120_000, hookTimeout: 120_000 }
const besideEachOther = { maxWorkers: 2, sequence: { groupOrder: 1 }, ...realTime }

export default defineConfig({
  test: {
    reporters: ['default', new SkippedSuitesReporter(), ...results],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{contract,lib,gateway,cloud,simulators,bench}/**/*.test.ts',
            'tests/{architecture,device-profiles,support}/**/*.test.ts',
          ],
          exclude,
        },
      },
      {
        // Real processes and sockets on a small machine: one file at a time, generous deadlines.
        test: {
          name: 'system',
          include: ['tests/{system,console,docs,peers,faults}/**/*.test.ts'],
          exclude: [...exclude, ...waiting, ...faults],
          fileParallelism: false,
          ...realTime,
        },
      },
      // Projects of a group begin in the order of their names: the longest file first.
      { test: { name: 'faults', include: faults, exclude, ...besideEachOther } },
      { test: { name: 'waiting', include: waiting, exclude, ...besideEachOther } },
    ],
  },
})
