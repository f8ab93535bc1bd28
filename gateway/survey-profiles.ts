/** `node gateway/survey-profiles.ts FOLDER`: what people and discovery want to know of all profiles, as JSON. See `profile-survey.ts`. */
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { surveyOf } from './profile-survey.ts'

const [folder = ''] = process.argv.slice(2)
process.stdout.write(JSON.stringify(surveyOf(loadProfiles(folder).profiles.values())))
