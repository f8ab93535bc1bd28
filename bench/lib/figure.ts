/** One measured number. A file `<name>.bench.ts` exports `run(): Promise<Figure[]>`; `bench/main.ts` does the rest. */
export type Figure = {
  readonly case: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}
