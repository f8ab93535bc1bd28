import { expect, test } from 'vitest'
import { describeWithDiskFaults } from '../support/disk-faults.ts'
import { runCampaign } from './campaign.ts'
import { possibleFaults } from './faults.ts'

/** Long enough for every fault to have its turn: see the test of the schedule. */
const minutes = 3

describeWithDiskFaults('faults of every kind, one or two at a time', () => {
  test('nothing that was taken over is lost, doubled or changed, and the ledger accounts for every number', async () => {
    const seed = process.env.CAMPUS_TEST_SEED ?? `${Date.now()}`
    process.stdout.write(`CAMPUS_TEST_SEED=${seed}\n`)
    const played: object[] = []
    const result = await runCampaign({ seed, minutes, store: 'embedded', say: (act) => played.push(act) })
    process.stdout.write(`${JSON.stringify(result)}\n`)
    expect(result.written).toBeGreaterThan(5_000)
    expect(result.findings, played.map((act) => JSON.stringify(act)).join('\n')).toEqual([])
    expect(Object.keys(result.played).toSorted()).toEqual(possibleFaults('embedded').toSorted())
  }, 420_000)
})
