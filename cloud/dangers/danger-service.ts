import { createHash, randomUUID } from 'node:crypto'
import type { Access } from '#cloud/access/access.ts'
import { peopleWith } from '#cloud/access/people.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DangerPhotoRow, DangerRow } from '#cloud/state/tables.ts'
import type {
  Danger,
  DangerDetail,
  DangerPhoto,
  DangerStep,
  NewDanger,
  Person,
} from '#contract/api/dangers.ts'
import type { User } from '#contract/api/session.ts'
import { type DangerAction, type DangerGrade, type DangerState, nextDangerState } from '#contract/dangers.ts'
import { AppError } from '#contract/errors.ts'
import { rangeOfSiteDay, siteDayOf } from '#contract/site-day.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { pictureType, withoutMetadata } from '#lib/picture.ts'
import { DangerRepository, type DangerSearch } from './danger-repository.ts'
import { dangerView, photoView, stepView } from './danger-view.ts'
import { refusalOf } from './judge-action.ts'
import { overdueLevel } from './overdue.ts'

export type DangerServiceOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** An ordinary one that is late this many days is told to the district. */
  readonly districtAfterDays: number
  /** Of a change that the program makes itself. */
  readonly audit: (action: 'danger.overdue') => ChangeAudit
  /** It is late, and this level is to know: 1 the school, 2 the district. Must not throw. */
  readonly onOverdue: (danger: DangerRow, level: 1 | 2) => void
}

/** Who does it. */
export type Doer = { readonly user: User; readonly access: Access; readonly audit: ChangeAudit }

type Change = Partial<DangerRow> & {
  readonly note?: string | undefined
  readonly more?: Partial<DangerStep>
}

const maxPhotos = 20
const tickMs = 10 * 60_000

/**
 * Hidden dangers from the finding to the closing. Every step is one transaction with its row in the audit log. Looks after due
 * days every ten minutes from `start` on; what was told survives a restart.
 */
export class DangerService implements AsyncDisposable {
  readonly #options: DangerServiceOptions
  readonly #dangers: DangerRepository
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: DangerServiceOptions) {
    this.#options = options
    this.#dangers = new DangerRepository(options.db)
  }

  start(): void {
    this.#loop = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  today(): string {
    return siteDayOf(this.#options.clock.now())
  }

  async search(search: Omit<DangerSearch, 'today' | 'nodes'>, access: Access): Promise<DangerRow[]> {
    return await this.#dangers.search({ ...search, today: this.today(), nodes: access.nodes('view') })
  }

  view(row: DangerRow, { user, access }: Pick<Doer, 'user' | 'access'>): Danger {
    return dangerView(row, user, access)
  }

  /** Throws AppError NOT_FOUND for one that is not there, or not for this person. */
  async find(id: string, { access }: Pick<Doer, 'access'>): Promise<DangerRow> {
    return await visible(this.#dangers, id, access)
  }

  async detail(id: string, doer: Pick<Doer, 'user' | 'access'>): Promise<DangerDetail> {
    const row = await this.find(id, doer)
    const [steps, photos] = [await this.#dangers.steps(id), await this.#dangers.photos(id)]
    return { ...this.view(row, doer), steps: steps.map(stepView), photos: photos.map(photoView) }
  }

  /** Who may be asked to mend what is at this place. */
  async people(node: string): Promise<Person[]> {
    return await peopleWith(this.#options.db, 'dangers.handle', node)
  }

  /** The same key again gives the danger of the first time. */
  async report(wanted: NewDanger, { user, access, audit }: Doer): Promise<DangerRow> {
    const { key, ...facts } = wanted
    access.require('dangers.handle', { node: wanted.node })
    const { clock, log } = this.#options
    const row = await this.#options.db.transaction().execute(async (trx) => {
      const dangers = new DangerRepository(trx)
      const known = await dangers.byKey(key)
      if (known !== undefined) {
        // A key of somebody else's report is no way to read it.
        access.require('dangers.handle', { node: known.node })
        audit.note({ target: known.id, after: { again: true } })
        await audit.write(trx)
        return known
      }
      const made = newRow(wanted, personOf(user), clock.now())
      await dangers.add(made)
      const step = { danger: made.id, at: made.found_at, action: 'found', state: made.state }
      await dangers.addStep({ ...step, by_json: made.found_by_json, note: made.description, more_json: '{}' })
      audit.note({ target: made.id, after: facts })
      await audit.write(trx)
      return made
    })
    log.info({ danger: row.id, node: row.node, by: user.username }, 'hidden danger reported')
    return row
  }

  async grade(id: string, grade: DangerGrade, note: string | undefined, doer: Doer): Promise<DangerRow> {
    return await this.#act(id, 'grade', doer, () => ({ grade, note, more: { grade } }))
  }

  /** Throws AppError BAD_REQUEST for a day that is over, or a person who may not mend it. */
  async assign(
    id: string,
    { assignee, due, note }: { assignee: string; due: string; note?: string | undefined },
    doer: Doer,
  ): Promise<DangerRow> {
    const day = rangeOfSiteDay(due) === undefined ? 'is no day' : 'is over already'
    const dueProblem =
      rangeOfSiteDay(due) === undefined || due < this.today() ? [{ path: 'body/due', message: day }] : []
    const danger = await this.find(id, doer)
    const person = (await this.people(danger.node)).find((one) => one.id === assignee)
    const problems = [
      ...dueProblem,
      ...(person === undefined
        ? [{ path: 'body/assignee', message: 'may not handle dangers at this place' }]
        : []),
    ]
    if (problems.length > 0) throw badRequest(problems)
    const values = { assignee, assignee_json: JSON.stringify(person), due, overdue: 0 }
    return await this.#act(id, 'assign', doer, () => ({
      ...values,
      note,
      more: { due, ...(person === undefined ? {} : { assignee: person }) },
    }))
  }

  /** Throws AppError CONFLICT while there is no picture of what was done. */
  async fix(id: string, note: string, doer: Doer): Promise<DangerRow> {
    const by = personOf(doer.user)
    return await this.#act(id, 'fix', doer, async (row, dangers) => {
      const steps = await dangers.steps(row.id)
      const since = steps.findLast(({ action }) => action === 'assign' || action === 'fail')?.at ?? 0
      if (!(await dangers.photos(row.id)).some(({ at }) => at >= since))
        throw new AppError('CONFLICT', 'a picture of what was done is needed first', {
          details: { missing: 'photo' },
        })
      return { fixed_by: by.id, fixed_by_json: JSON.stringify(by), note }
    })
  }

  async recheck(id: string, passed: boolean, note: string | undefined, doer: Doer): Promise<DangerRow> {
    return await this.#act(id, passed ? 'pass' : 'fail', doer, () => ({ note }))
  }

  async close(id: string, note: string | undefined, doer: Doer): Promise<DangerRow> {
    const closed_at = this.#options.clock.now()
    return await this.#act(id, 'close', doer, () => ({ closed_at, note }))
  }

  /** It was not gone after all: from the start, with its history. */
  async reopen(id: string, note: string, doer: Doer): Promise<DangerRow> {
    const values = { closed_at: null, assignee: null, assignee_json: null, due: null, fixed_by: null }
    return await this.#act(id, 'reopen', doer, () => ({ ...values, fixed_by_json: null, overdue: 0, note }))
  }

  async comment(id: string, note: string, doer: Doer): Promise<DangerRow> {
    return await this.#act(id, 'comment', doer, () => ({ note }))
  }

  /** Takes away what the picture says of the place and the phone. Throws AppError BAD_REQUEST for what is no picture. */
  async addPhoto(id: string, bytes: Uint8Array, { user, access, audit }: Doer): Promise<DangerPhoto> {
    await this.find(id, { access })
    const content = withoutMetadata(bytes)
    const type = content && pictureType(content)
    if (content === undefined || type === undefined)
      throw badRequest([{ path: 'body', message: 'is neither a PNG nor a JPEG, or it is damaged' }])
    const by = personOf(user)
    const digest = createHash('sha256').update(content).digest('hex')
    const at = this.#options.clock.now()
    return await this.#options.db.transaction().execute(async (trx) => {
      const dangers = new DangerRepository(trx)
      const row = await visible(dangers, id, access)
      access.require('dangers.handle', { node: row.node })
      if (row.state === 'closed')
        throw new AppError('CONFLICT', 'it is closed', { details: { state: row.state } })
      const known = await dangers.photos(id)
      const same = known.find((one) => one.digest === digest)
      if (same !== undefined) return photoView(same)
      if (known.length >= maxPhotos)
        throw new AppError('CONFLICT', `it has ${maxPhotos} pictures already`, {
          details: { most: maxPhotos },
        })
      const photo = { id: randomUUID(), danger: id, type, digest, at, by_json: JSON.stringify(by) }
      await dangers.addPhoto({ ...photo, content })
      const step = { danger: id, at, action: 'photo', state: row.state, by_json: photo.by_json }
      await dangers.addStep({ ...step, note: '', more_json: '{}' })
      audit.note({ target: id, after: { photo: photo.id, type, bytes: content.length, sha256: digest } })
      await audit.write(trx)
      return photoView({ ...photo, bytes: content.length })
    })
  }

  async photo(id: string, photo: string, doer: Pick<Doer, 'access'>): Promise<DangerPhotoRow> {
    await this.find(id, doer)
    const found = await this.#dangers.photo(id, photo)
    if (found === undefined) throw new AppError('NOT_FOUND', `danger ${id} has no picture ${photo}`)
    return found
  }

  async #act(
    id: string,
    action: DangerAction,
    { user, access, audit }: Doer,
    changeOf: (row: DangerRow, dangers: DangerRepository) => Change | Promise<Change>,
  ): Promise<DangerRow> {
    const { db, clock, log } = this.#options
    const changed = await db.transaction().execute(async (trx) => {
      const dangers = new DangerRepository(trx)
      const row = await visible(dangers, id, access)
      audit.note({ target: id, before: factsOf(row) })
      const refusal = refusalOf(row, action, user, access)
      if (refusal !== undefined) throw refusal
      const state = nextDangerState(row.state as DangerState, action) ?? row.state
      const { note = '', more = {}, ...values } = await changeOf(row, dangers)
      const after = { ...row, ...values, state }
      await dangers.change(id, { ...values, state })
      const step = { danger: id, at: clock.now(), action, state, by_json: JSON.stringify(personOf(user)) }
      await dangers.addStep({ ...step, note, more_json: JSON.stringify(more) })
      audit.note({ after: { ...factsOf(after), note } })
      await audit.write(trx)
      return after
    })
    log.info({ danger: id, action, state: changed.state, by: user.username }, 'hidden danger changed')
    return changed
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stop.signal.aborted) {
      try {
        await this.#tellLate()
      } catch (err) {
        log.error({ err }, 'late dangers not told, next try in ten minutes')
      }
      await clock.sleep(tickMs, this.#stop.signal)
    }
  }

  async #tellLate(): Promise<void> {
    const { db, clock, districtAfterDays, audit, onOverdue } = this.#options
    const today = this.today()
    for (const row of await this.#dangers.late(today)) {
      const level = overdueLevel(lateFacts(row), today, districtAfterDays)
      if (level === 0 || level <= row.overdue) continue
      await db.transaction().execute(async (trx) => {
        const dangers = new DangerRepository(trx)
        await dangers.change(row.id, { overdue: level })
        const step = { danger: row.id, at: clock.now(), action: 'overdue', state: row.state, by_json: null }
        await dangers.addStep({ ...step, note: '', more_json: JSON.stringify({ overdue: level }) })
        const entry = audit('danger.overdue')
        entry.note({
          target: row.id,
          before: { overdue: row.overdue },
          after: { overdue: level, due: row.due },
        })
        await entry.write(trx)
      })
      onOverdue({ ...row, overdue: level }, level)
    }
  }
}

async function visible(dangers: DangerRepository, id: string, access: Access): Promise<DangerRow> {
  const row = await dangers.byId(id)
  if (row === undefined || !access.can('view', { node: row.node }))
    throw new AppError('NOT_FOUND', `there is no danger ${id}`)
  return row
}

function newRow(
  { node, title, description = '', category, alarm, key }: NewDanger,
  by: Person,
  now: number,
): DangerRow {
  return {
    id: randomUUID(),
    report_key: key,
    ...{ node, title: title.trim(), description, category },
    ...{ grade: null, state: 'found', alarm: alarm ?? null },
    found_at: now,
    found_by_json: JSON.stringify(by),
    ...{ assignee: null, assignee_json: null, due: null, fixed_by: null, fixed_by_json: null },
    closed_at: null,
    overdue: 0,
  }
}

function lateFacts({ state, grade, due }: DangerRow): Parameters<typeof overdueLevel>[0] {
  return {
    state: state as DangerState,
    grade: (grade as DangerGrade | null) ?? undefined,
    due: due ?? undefined,
  }
}

function factsOf({ state, grade, assignee, due }: DangerRow): object {
  return { state, grade, assignee, due }
}

function personOf({ id, username, displayName }: User): Person {
  return { id, username, displayName }
}
