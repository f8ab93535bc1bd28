/** `node gateway/list-profiles.ts FOLDER`: every usable profile as a person chooses it, as JSON on stdout. See `profile-list.ts`. */
import { profileInfo } from '#gateway/commissioning/profile-info.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'

const [folder = ''] = process.argv.slice(2)
const { profiles } = loadProfiles(folder)
process.stdout.write(JSON.stringify([...profiles.values()].map(profileInfo)))
