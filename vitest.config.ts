import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', 'data/**']

export default defineConfig({
  test: {
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
          include: ['tests/{system,console,docs}/**/*.test.ts'],
          exclude,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
