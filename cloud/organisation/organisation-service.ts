import type { Access, Thing } from '#cloud/access/access.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DevicePlace, NodeDraft, Tree, TreeImport, TreeNode, TreeProblem } from '#contract/api/tree.ts'
import { AppError } from '#contract/errors.ts'
import type { Logger } from '#lib/logger.ts'
import { pictureType } from '#lib/picture.ts'
import { type FloorPlan, FloorPlans } from './floor-plans.ts'
import { footprintProblem, rounded } from './footprint.ts'
import { holdProblems, judge, newProblems } from './judge.ts'
import { type Inventory, type Organisation, type OrgNode, withNode } from './organisation.ts'
import { OrganisationRepository } from './organisation-repository.ts'
import { nodeView, treeView } from './organisation-view.ts'
import { digestOf, planChanges } from './plan-changes.ts'
import { type FileFormat, readFile } from './read-file.ts'
import { type ConfiguredOrganisation, seedOf } from './seed.ts'
import { writeCsv } from './tree-csv.ts'
import { type FileContent, readTree } from './tree-file.ts'
import { writeYaml } from './tree-yaml.ts'
import { visiblePart } from './visible-part.ts'

export type OrganisationOptions = {
  readonly db: Database
  readonly log: Logger
  /** Something stands elsewhere now. Resolves when everybody who is asked knows. */
  readonly onChange: () => Promise<void>
}

/** Who changes the tree. */
export type Changer = { readonly access: Access; readonly audit: ChangeAudit }

export type ImportOptions = {
  readonly dryRun: boolean
  readonly digest: string | undefined
  readonly audit: ChangeAudit
}

type Work<T> = (state: State, repository: OrganisationRepository, transaction: Database) => Promise<T>
type State = { readonly current: Organisation; readonly inventory: Inventory }

/**
 * The organisation tree. Every change is worked out on the whole tree, judged, and written in one transaction: what breaks a
 * rule is refused with AppError TREE_REFUSED and changes nothing.
 */
export class OrganisationService {
  readonly #db: Database
  readonly #plans: FloorPlans
  readonly #log: Logger
  readonly #onChange: () => Promise<void>

  constructor({ db, log, onChange }: OrganisationOptions) {
    this.#db = db
    this.#plans = new FloorPlans(db)
    this.#log = log
    this.#onChange = onChange
  }

  /** Fills an empty tree from the configuration. Once there is a tree, it is the truth and the configuration is not read. */
  async seed(configured: ConfiguredOrganisation): Promise<void> {
    await this.#locked(async ({ current }, repository) => {
      if (current.nodes.length > 0) {
        const known = new Set(current.nodes.map(({ id }) => id))
        const ignored = configured.campuses.map(({ id }) => id).filter((id) => !known.has(id))
        if (ignored.length > 0)
          this.#log.info(
            { ignored },
            'the tree has its own places: campuses of the configuration are not added',
          )
        return
      }
      const { tree, leftOut } = seedOf(configured)
      for (const one of leftOut) this.#log.warn(one, 'not a school code, left out of the tree')
      await repository.save(current, tree)
    })
  }

  /** What this person may see, and the way there. */
  async tree(access: Access): Promise<Tree> {
    const repository = new OrganisationRepository(this.#db)
    const plans = await this.#plans.digests()
    const gateways = access.can('view', 'everything') ? await repository.gateways() : []
    return treeView({ organisation: visiblePart(await repository.load(), access), plans }, gateways)
  }

  /** The way to a place in words: 临港区 / 第一中学 / 教学楼. */
  async placeNames(language: 'zh' | 'en'): Promise<(node: string) => string> {
    const { nodes } = await new OrganisationRepository(this.#db).load()
    const byId = new Map(nodes.map((node) => [node.id, node]))
    const nameOf = ({ id, title }: OrgNode) => title[language] ?? title.zh ?? title.en ?? id
    return (node) => {
      const way: string[] = []
      for (let at = byId.get(node); at !== undefined && way.length < maxDepth; at = byId.get(at.parent ?? ''))
        way.unshift(nameOf(at))
      return way.length === 0 ? node : way.join(' / ')
    }
  }

  async export(format: FileFormat, access: Access): Promise<string> {
    const tree = visiblePart(await new OrganisationRepository(this.#db).load(), access)
    return format === 'csv' ? writeCsv(tree) : writeYaml(tree)
  }

  /** Makes the place or changes it; resolves with what it is now. */
  async putNode(id: string, draft: NodeDraft, { access, audit }: Changer): Promise<TreeNode> {
    const { order, gateways, ...rest } = draft
    const node: OrgNode = { id, ...rest, ...tidied(draft) }
    const after = await this.#change(audit, ({ current }) => {
      const before = current.nodes.find((one) => one.id === id)
      audit.note({ before, after: draft })
      requirePut(access, { before, node, gateways, current })
      return {
        ...current,
        nodes: withNode(current.nodes, node, order),
        gateways: gateways === undefined ? current.gateways : standingAt(id, gateways, current.gateways),
      }
    })
    return await this.#view(node, after)
  }

  /** Only what nothing hangs on can go. */
  async deleteNode(id: string, { access, audit }: Changer): Promise<void> {
    await this.#change(audit, ({ current }) => {
      const before = current.nodes.find((node) => node.id === id)
      if (before === undefined) throw new AppError('NOT_FOUND', `there is no place ${id}`)
      audit.note({ before })
      // A place is a part of the one above it.
      access.require(change, above(before))
      refuseFor(holdProblems(id, current))
      return { ...current, nodes: current.nodes.filter((node) => node.id !== id) }
    })
  }

  /** `device` is `<gateway>/<device>`. */
  async placeDevice(device: string, { place }: DevicePlace, { access, audit }: Changer): Promise<void> {
    await this.#change(audit, ({ current, inventory }) => {
      audit.note({ before: { place: current.devices.get(device) ?? null }, after: { place } })
      if (!inventory.devices.has(device)) throw new AppError('NOT_FOUND', `there is no device ${device}`)
      if (place !== null) access.require(change, { node: place })
      const devices = new Map(current.devices)
      if (place === null) devices.delete(device)
      else devices.set(device, place)
      return { ...current, devices }
    })
  }

  /** Throws AppError NOT_FOUND where there is none. */
  async plan(id: string): Promise<FloorPlan> {
    const plan = await this.#plans.byNode(id)
    if (plan === undefined) throw new AppError('NOT_FOUND', `there is no drawing of ${id}`)
    return plan
  }

  async putPlan(id: string, content: Uint8Array, audit: ChangeAudit): Promise<TreeNode> {
    const type = pictureType(content)
    if (type === undefined) throw badRequest([{ path: 'body', message: 'is neither a PNG nor a JPEG' }])
    const { node, current } = await this.#locked(async (state, repository, transaction) => {
      const node = state.current.nodes.find((one) => one.id === id)
      if (node === undefined) throw new AppError('NOT_FOUND', `there is no place ${id}`)
      if (node.kind !== 'floor')
        refuseFor([{ code: 'not-for-kind', node: id, field: 'plan', params: { kind: node.kind } }])
      await repository.plans.put(id, type, content)
      audit.note({ after: { type, bytes: content.length } })
      await audit.write(transaction)
      return { node, current: state.current }
    })
    return await this.#view(node, current)
  }

  async deletePlan(id: string, audit: ChangeAudit): Promise<void> {
    const { type, digest } = await this.plan(id)
    audit.note({ before: { type, digest } })
    await this.#db.transaction().execute(async (transaction) => {
      await new FloorPlans(transaction).delete(id)
      await audit.write(transaction)
    })
  }

  /** The file is the whole tree: what it does not have is deleted. A dry run says everything and changes nothing. */
  async import(format: FileFormat, bytes: Uint8Array, options: ImportOptions): Promise<TreeImport> {
    const content = readFile(format, bytes)
    return await this.#locked(async (state, repository, transaction) => {
      const { wanted, changes, problems } = planImport(content, state)
      const digest = digestOf(changes)
      const { audit, dryRun } = options
      audit.note({ after: { dryRun, changes: changes.length, problems: problems.length, digest } })
      if (dryRun) return { applied: false, digest, changes, problems }
      refuseFor(problems)
      if (options.digest !== undefined && options.digest !== digest)
        throw new AppError('CONFLICT', 'the tree has changed since the dry run: look at the changes again')
      await repository.save(state.current, wanted)
      await audit.write(transaction)
      return { applied: true, digest, changes, problems }
    })
  }

  async #view(node: OrgNode, organisation: Organisation): Promise<TreeNode> {
    return nodeView({ organisation, plans: await this.#plans.digests() })(node)
  }

  async #change(audit: ChangeAudit, next: (state: State) => Organisation): Promise<Organisation> {
    return await this.#locked(async (state, repository, transaction) => {
      const after = next(state)
      refuseFor(newProblems(judge(state.current, state.inventory), judge(after, state.inventory)))
      await repository.save(state.current, after)
      await audit.write(transaction)
      return after
    })
  }

  /** Nobody changes the tree meanwhile. */
  async #locked<T>(work: Work<T>): Promise<T> {
    const result = await this.#db.transaction().execute(async (transaction) => {
      const repository = new OrganisationRepository(transaction)
      const state = { current: await repository.load(), inventory: await repository.inventory() }
      return work(state, repository, transaction)
    })
    await this.#onChange()
    return result
  }
}

function planImport(content: FileContent, { current, inventory }: State) {
  const wanted = readTree(content, current)
  const { problems, broken, located } = wanted
  const isEcho = ({ params }: TreeProblem): boolean =>
    [params.parent, params.place].some((id) => typeof id === 'string' && broken.has(id))
  const all = [
    ...problems,
    ...judge(wanted, inventory)
      .filter((one) => !isEcho(one))
      .map(located),
  ]
  // A file that could not be read asks for nothing, and not for everything to go.
  const isRead = content.entries.length > 0 || content.problems.length === 0
  const changes = isRead ? planChanges(current, wanted) : []
  return {
    wanted,
    // As a person goes through the file.
    problems: all.toSorted((a, b) => (a.row ?? a.line ?? 0) - (b.row ?? b.line ?? 0)),
    changes: changes.filter(({ op, id = '' }) => op !== 'delete' || !broken.has(id)),
  }
}

const change = 'organisation.change'
/** Kinds of places one below the other, and more. */
const maxDepth = 20

function above({ parent }: OrgNode): Thing {
  return parent === undefined ? 'everything' : { node: parent }
}

type Put = {
  readonly before: OrgNode | undefined
  readonly node: OrgNode
  readonly gateways: readonly string[] | undefined
  readonly current: Organisation
}

/** A place may be changed by who may change it; where it hangs, by who may change both what it leaves and what it joins. */
function requirePut(access: Access, { before, node, gateways = [], current }: Put): void {
  if (before !== undefined) access.require(change, { node: before.id })
  if (before === undefined || before.parent !== node.parent) {
    access.require(change, above(node))
    if (before !== undefined) access.require(change, above(before))
  }
  for (const gateway of gateways) {
    const place = current.gateways.get(gateway)
    if (place !== node.id) access.require(change, { gateway })
  }
}

function standingAt(
  place: string,
  gateways: readonly string[],
  current: Organisation['gateways'],
): Organisation['gateways'] {
  const elsewhere = [...current].filter(([, at]) => at !== place)
  return new Map([...elsewhere, ...gateways.map((gateway) => [gateway, place] as const)])
}

function tidied({ title, footprint }: NodeDraft): Pick<OrgNode, 'title' | 'footprint'> {
  const [zh, en] = [title.zh?.trim(), title.en?.trim()]
  const outline =
    footprint === undefined || footprintProblem(footprint) !== undefined ? undefined : rounded(footprint)
  return {
    title: { ...(zh ? { zh } : {}), ...(en ? { en } : {}) },
    ...(outline === undefined ? {} : { footprint: outline }),
  }
}

function refuseFor(problems: readonly TreeProblem[]): void {
  if (problems.length === 0) return
  const text = problems.map(({ code, node = '', params }) =>
    `${node} ${code} ${JSON.stringify(params)}`.trim(),
  )
  throw new AppError('TREE_REFUSED', text.slice(0, 20).join('; '), { details: problems })
}
